package io.inmesh.server.ads;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/** One lane; confined to the control loop. */
final class DebounceLane<K> {
  private static final System.Logger LOG = System.getLogger(DebounceLane.class.getName());
  private static final int PACE = 2;
  // However slow a push is, changes do not wait longer than this for the next.
  private static final long MAX_PACE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final ControlLoop loop;
  private final DebounceWindow window;
  private final LongSupplier lastPushNanos;
  private final ToLongFunction<Set<K>> action;
  private final LongConsumer waited;

  private Set<K> keys = new LinkedHashSet<>();
  private List<CompletableFuture<Long>> waiting = new ArrayList<>();
  private Cancellable timer = Cancellable.NONE;
  private boolean armed;
  private boolean pushedBefore;
  private boolean closed;
  private long firstAt;
  private long lastAt;
  private long pushedAt;
  private long pushTook;

  DebounceLane(
      ControlLoop loop,
      DebounceWindow window,
      LongSupplier lastPushNanos,
      ToLongFunction<Set<K>> action,
      LongConsumer waited) {
    this.loop = loop;
    this.window = window;
    this.lastPushNanos = lastPushNanos;
    this.action = action;
    this.waited = waited;
  }

  void add(K key, CompletableFuture<Long> pushed) {
    if (closed) {
      pushed.completeExceptionally(new CancellationException("the control server is closing"));
      return;
    }
    keys.add(key);
    waiting.add(pushed);
    lastAt = loop.clock().nanoTime();
    if (!armed) {
      armed = true;
      firstAt = lastAt;
      arm();
    }
  }

  private void arm() {
    timer = loop.schedule(dueIn(), this::due);
  }

  /** Nanoseconds until the window closes, as it stands now. */
  private long dueIn() {
    long now = loop.clock().nanoTime();
    long quiet = lastAt - now + window.quiet().toNanos();
    long cap = firstAt - now + window.cap().toNanos();
    long due = Math.min(quiet, cap);
    if (window.paced() && pushedBefore) {
      long pace = Math.min(MAX_PACE_NANOS, PACE * Math.max(pushTook, lastPushNanos.getAsLong()));
      due = Math.max(due, pushedAt - now + pace);
    }
    return due;
  }

  private void due() {
    // Later events do not move the timer, they are looked at when it rings.
    if (dueIn() > 0) {
      arm();
    } else {
      fire();
    }
  }

  void fire() {
    if (keys.isEmpty() || closed) {
      return;
    }
    timer.cancel();
    armed = false;
    Set<K> batch = keys;
    List<CompletableFuture<Long>> waiters = waiting;
    keys = new LinkedHashSet<>();
    waiting = new ArrayList<>();
    pushedBefore = true;
    pushedAt = loop.clock().nanoTime();
    waited.accept(pushedAt - firstAt);
    try {
      long revision = action.applyAsLong(batch);
      waiters.forEach(waiter -> waiter.complete(revision));
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.ERROR, "a push failed; its changes stay for the next one", e);
      batch.addAll(keys);
      keys = batch;
      waiters.forEach(waiter -> waiter.completeExceptionally(e));
    } finally {
      pushTook = loop.clock().nanoTime() - pushedAt;
    }
  }

  void close() {
    closed = true;
    timer.cancel();
    waiting.forEach(
        waiter ->
            waiter.completeExceptionally(
                new CancellationException("the control server is closing")));
    waiting.clear();
    keys.clear();
  }
}
