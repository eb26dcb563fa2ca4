package io.inmesh.conformance.world;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** How an instance treats requests. Called by many threads; may block. */
@FunctionalInterface
public interface Behaviour {
  /**
   * Treats one request.
   *
   * @param own calls out as this instance, in the request's context
   */
  Reply treat(Seen request, Caller own) throws InterruptedException;

  /** Answers 200. */
  static Behaviour ok() {
    return status(200);
  }

  /** Answers a status; over gRPC the corresponding code. */
  static Behaviour status(int status) {
    return (request, own) -> Reply.of(status);
  }

  /** Answers a status some times, then 200. */
  static Behaviour failFirst(int times, int status) {
    AtomicInteger left = new AtomicInteger(times);
    return (request, own) -> Reply.of(left.getAndDecrement() > 0 ? status : 200);
  }

  /** Never answers. */
  static Behaviour hang() {
    return (request, own) -> new Reply(Reply.Kind.NONE, 0, Map.of());
  }

  /** Breaks the stream (HTTP/2) or connection (HTTP/1.1) off; gRPC-java's server cannot. */
  static Behaviour reset() {
    return (request, own) -> new Reply(Reply.Kind.RESET, 0, Map.of());
  }

  /** Calls {@code service/path} and answers what that answered. */
  static Behaviour call(String target) {
    return (request, own) -> Reply.of(own.get(target).status());
  }

  /** The same, later. */
  default Behaviour after(Duration delay) {
    return (request, own) -> {
      Thread.sleep(delay.toMillis());
      return treat(request, own);
    };
  }

  /** The same, once the latch is open. */
  default Behaviour after(CountDownLatch latch) {
    return (request, own) -> {
      latch.await();
      return treat(request, own);
    };
  }

  /** The same, with one more response header. */
  default Behaviour with(String name, String value) {
    return (request, own) -> treat(request, own).with(name, value);
  }
}
