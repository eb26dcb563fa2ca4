package io.inmesh.spring;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

/** A request that was admitted. If it goes on asynchronously, it does so with its own response. */
class AdmittedRequest extends HttpServletRequestWrapper {
  private final ServletCall call;

  AdmittedRequest(HttpServletRequest request, ServletCall call) {
    super(request);
    this.call = call;
  }

  @Override
  public AsyncContext startAsync() {
    return startAsync(this, call.answer());
  }

  @Override
  public AsyncContext startAsync(ServletRequest request, ServletResponse answer) {
    AsyncContext context = super.startAsync(request, answer);
    context.addListener(call);
    return new MeshAsyncContext(context, call);
  }

  @Override
  public AsyncContext getAsyncContext() {
    return new MeshAsyncContext(super.getAsyncContext(), call);
  }
}
