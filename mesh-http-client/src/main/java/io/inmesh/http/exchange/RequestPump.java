package io.inmesh.http.exchange;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Pulls a request body one buffer at a time and writes it. The publisher is only ever called on the
 * executor, since it may block; the counters live on the call's home loop.
 */
final class RequestPump implements Flow.Subscriber<ByteBuffer> {
  private static final int IN_FLIGHT = 64 * 1024;

  /** Where the body goes; called on the home loop, but for {@code execute}. */
  interface Target {
    /** Runs a task on the home loop; callable from any thread. */
    void execute(Runnable task);

    /** A part of it. */
    void bodyPart(ByteBuffer part);

    /** It is complete. */
    void bodyDone();

    /** It will not be complete. */
    void bodyFailed(Throwable failure);
  }

  private final Target run;
  private final RequestBody.Streaming body;
  private final Executor executor;
  private volatile boolean stopped;
  private volatile Flow.@Nullable Subscription subscription;

  // On the home loop.
  private long total;
  private int unwritten;
  private boolean asked = true;

  RequestPump(Target run, RequestBody.Streaming body, Executor executor) {
    this.run = run;
    this.body = body;
    this.executor = executor;
  }

  void start() {
    onExecutor(
        () -> {
          if (!stopped) {
            body.publisher().subscribe(this);
          }
        });
  }

  /** What the application or its executor throws fails the body, not the loop. */
  private void onExecutor(Runnable step) {
    try {
      executor.execute(
          () -> {
            try {
              step.run();
            } catch (Throwable broken) {
              onError(broken);
            }
          });
    } catch (Throwable refused) {
      onError(refused);
    }
  }

  /** No more of the body is needed. */
  void stop() {
    if (!stopped) {
      stopped = true;
      Flow.Subscription current = subscription;
      if (current != null) {
        onExecutor(current::cancel);
      }
    }
  }

  /** On the home loop: bytes reached the socket. */
  void written(int bytes) {
    unwritten -= bytes;
    more();
  }

  @Override
  public void onSubscribe(Flow.Subscription offered) {
    if (subscription != null || stopped) {
      offered.cancel();
      return;
    }
    subscription = offered;
    offered.request(1);
  }

  @Override
  public void onNext(ByteBuffer part) {
    run.execute(
        () -> {
          int bytes = part.remaining();
          total += bytes;
          asked = false;
          if (stopped) {
            return;
          }
          if (body.length() >= 0 && total > body.length()) {
            fail(new IOException("the request body is longer than its contentLength"));
            return;
          }
          if (bytes > 0) {
            unwritten += bytes;
            run.bodyPart(part);
          }
          more();
        });
  }

  @Override
  public void onError(Throwable failure) {
    run.execute(() -> fail(failure));
  }

  @Override
  public void onComplete() {
    run.execute(
        () -> {
          if (stopped) {
            return;
          }
          if (body.length() >= 0 && total < body.length()) {
            fail(new IOException("the request body is shorter than its contentLength"));
            return;
          }
          stopped = true;
          run.bodyDone();
        });
  }

  private void more() {
    Flow.Subscription current = subscription;
    if (!asked && !stopped && unwritten < IN_FLIGHT && current != null) {
      asked = true;
      onExecutor(() -> current.request(1));
    }
  }

  private void fail(Throwable failure) {
    if (!stopped) {
      stop();
      run.bodyFailed(failure);
    }
  }
}
