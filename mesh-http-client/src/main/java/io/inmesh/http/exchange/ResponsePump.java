package io.inmesh.http.exchange;

import io.inmesh.call.TrailerSubscriber;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.ResponseFields;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Carries a response from its loop to a body subscriber: serially, on the executor, as far as the
 * subscriber's demand goes. What is not yet demanded stays within the call's window, and the window
 * is what holds the peer back. The count of signals (the superclass) makes it serial.
 */
final class ResponsePump<T> extends AtomicInteger implements Flow.Subscription, Runnable {
  private static final long serialVersionUID = 1L;
  private static final Object DONE = new Object();

  /** What the body handler sees. */
  private record Info(int statusCode, HttpHeaders headers, HttpClient.Version version)
      implements HttpResponse.ResponseInfo {}

  private final transient Exchange<T> exchange;
  private final transient ResponseFields head;
  private final transient Executor executor;
  private final transient ConcurrentLinkedQueue<ByteBuffer> queue = new ConcurrentLinkedQueue<>();
  private final AtomicLong demand = new AtomicLong();
  private transient volatile @Nullable Object terminal;
  private volatile boolean cancelled;

  // In the serial drain.
  private transient @Nullable BodySubscriber<T> subscriber;
  private boolean finished;

  ResponsePump(Exchange<T> exchange, ResponseFields head, Executor executor) {
    this.exchange = exchange;
    this.head = head;
    this.executor = executor;
  }

  /** On the loop: a part of the body. */
  void data(ByteBuffer part) {
    queue.add(part);
    signalSoon();
  }

  /** A body that did not come over a connection; there may be no loop yet that takes credit. */
  void whole(ByteBuffer body) {
    if (body.hasRemaining()) {
      queue.add(body);
    }
    terminal = DONE;
    signal();
  }

  /**
   * On the loop: the body is complete.
   *
   * @param trailers null: none
   */
  void complete(@Nullable Fields trailers) {
    terminate(trailers == null ? DONE : trailers);
  }

  /** On the loop: the body will not be complete. */
  void fail(Throwable failure) {
    terminate(failure);
  }

  private void terminate(Object end) {
    if (terminal == null) {
      terminal = end;
      signalSoon();
    }
  }

  /**
   * Drains after what the loop is doing now. Head, body and end of a small response come with one
   * read: they wake one thread once, instead of each its own.
   */
  void signalSoon() {
    if (getAndIncrement() == 0) {
      exchange.executeBehind(this::handOver);
    }
  }

  private void signal() {
    if (getAndIncrement() == 0) {
      handOver();
    }
  }

  private void handOver() {
    try {
      executor.execute(this);
    } catch (Throwable refused) { // whatever the application's executor throws
      cancelled = true;
      exchange.failNow(refused);
      exchange.cancel();
    }
  }

  @Override
  public void request(long n) {
    if (n <= 0) {
      terminate(new IllegalArgumentException("request(" + n + ")"));
      exchange.cancel();
      return;
    }
    demand.getAndUpdate(now -> now + n < 0 ? Long.MAX_VALUE : now + n);
    signal();
  }

  @Override
  public void cancel() {
    if (!cancelled) {
      cancelled = true;
      exchange.cancel();
    }
  }

  @Override
  public void run() {
    int seen = get();
    do {
      try {
        drain();
      } catch (Throwable broken) {
        refuse(broken);
      }
      seen = addAndGet(-seen);
    } while (seen != 0);
  }

  private void drain() {
    if (finished) {
      queue.clear();
      return;
    }
    BodySubscriber<T> to = subscriber;
    if (to == null) {
      to = subscribe();
    }
    while (!cancelled) {
      Object end = terminal; // before looking at the queue: all data precedes it
      if (end instanceof Throwable failure) {
        finished = true;
        to.onError(failure);
        return;
      }
      if (queue.isEmpty()) {
        if (end != null) {
          finished = true;
          if (end instanceof Fields trailers && to instanceof TrailerSubscriber<T> curious) {
            curious.onTrailers(headers(trailers));
          }
          to.onComplete();
        }
        return;
      }
      if (demand.get() == 0) {
        return;
      }
      deliver(to, end == null);
    }
  }

  private void deliver(BodySubscriber<T> to, boolean open) {
    List<ByteBuffer> parts = new ArrayList<>(4);
    int bytes = 0;
    ByteBuffer part;
    while ((part = queue.poll()) != null) {
      bytes += part.remaining();
      parts.add(part.asReadOnlyBuffer());
    }
    demand.getAndUpdate(now -> now == Long.MAX_VALUE ? now : now - 1);
    to.onNext(Collections.unmodifiableList(parts));
    if (open) {
      exchange.consumed(bytes);
    }
  }

  private BodySubscriber<T> subscribe() {
    Info info = new Info(head.status(), headers(head.headers()), exchange.version());
    BodySubscriber<T> created = exchange.subscriber(info);
    subscriber = created;
    created
        .getBody()
        .whenComplete(
            (body, failure) -> {
              if (failure != null) {
                exchange.failNow(failure);
              } else {
                exchange.completeNow(info.statusCode(), info.headers(), body);
              }
            });
    created.onSubscribe(this);
    return created;
  }

  /** The application's own code threw: the exchange is over. */
  private void refuse(Throwable broken) {
    finished = true;
    cancelled = true;
    queue.clear();
    exchange.cancel();
    exchange.failNow(broken);
  }

  private static HttpHeaders headers(Fields fields) {
    Map<String, List<String>> map = new LinkedHashMap<>(fields.size() * 2);
    for (int i = 0; i < fields.size(); i++) {
      map.computeIfAbsent(fields.name(i), name -> new ArrayList<>(1)).add(fields.value(i));
    }
    return HttpHeaders.of(map, (name, value) -> true);
  }
}
