package io.inmesh.spring;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import java.io.IOException;

/** A container's, which says before it completes the response. */
final class MeshAsyncContext implements AsyncContext {
  private final AsyncContext container;
  private final ServletCall call;

  MeshAsyncContext(AsyncContext container, ServletCall call) {
    this.container = container;
    this.call = call;
  }

  @Override
  public void complete() {
    call.complete();
    container.complete();
  }

  @Override
  public ServletRequest getRequest() {
    return container.getRequest();
  }

  @Override
  public ServletResponse getResponse() {
    return container.getResponse();
  }

  @Override
  public boolean hasOriginalRequestAndResponse() {
    return container.getResponse() == call.answer();
  }

  @Override
  public void dispatch() {
    container.dispatch();
  }

  @Override
  public void dispatch(String path) {
    container.dispatch(path);
  }

  @Override
  public void dispatch(ServletContext context, String path) {
    container.dispatch(context, path);
  }

  @Override
  public void start(Runnable task) {
    container.start(task);
  }

  @Override
  public void addListener(AsyncListener listener) {
    container.addListener(new Listening(listener));
  }

  @Override
  public void addListener(AsyncListener listener, ServletRequest request, ServletResponse answer) {
    container.addListener(new Listening(listener), request, answer);
  }

  /** Gives a listener this context, which it may complete. */
  private final class Listening implements AsyncListener {
    private final AsyncListener listener;

    Listening(AsyncListener listener) {
      this.listener = listener;
    }

    private AsyncEvent own(AsyncEvent event) {
      return new AsyncEvent(
          MeshAsyncContext.this,
          event.getSuppliedRequest(),
          event.getSuppliedResponse(),
          event.getThrowable());
    }

    @Override
    public void onComplete(AsyncEvent event) throws IOException {
      listener.onComplete(own(event));
    }

    @Override
    public void onTimeout(AsyncEvent event) throws IOException {
      listener.onTimeout(own(event));
    }

    @Override
    public void onError(AsyncEvent event) throws IOException {
      listener.onError(own(event));
    }

    /** Listeners that go on listening add themselves to the context of the event. */
    @Override
    public void onStartAsync(AsyncEvent event) throws IOException {
      listener.onStartAsync(
          new AsyncEvent(
              new MeshAsyncContext(event.getAsyncContext(), call),
              event.getSuppliedRequest(),
              event.getSuppliedResponse(),
              event.getThrowable()));
    }
  }

  @Override
  public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
    return container.createListener(type);
  }

  @Override
  public void setTimeout(long millis) {
    container.setTimeout(millis);
  }

  @Override
  public long getTimeout() {
    return container.getTimeout();
  }
}
