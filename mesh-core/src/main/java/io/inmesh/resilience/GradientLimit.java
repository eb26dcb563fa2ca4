package io.inmesh.resilience;

import io.inmesh.control.Randomness;
import io.inmesh.model.AdaptiveConcurrency;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Envoy's gradient controller. From time to time few requests are let in to measure the latency
 * without load, minRTT; otherwise, at each update,
 *
 * <pre>
 *   gradient = clamp((minRTT + buffer) / sampleRTT, 0.5, 2)
 *   limit    = clamp(limit · gradient + √(limit · gradient), minConcurrency, maxLimit)
 * </pre>
 *
 * <p>Time passes with the requests that end: there is no timer. Thread-safe, lock-free: whoever
 * finds an update due makes it, one at a time.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/adaptive_concurrency_filter">Adaptive
 *     concurrency</a>
 */
public final class GradientLimit {
  private final AdaptiveConcurrency settings;
  private final Randomness random;
  private final LatencyCounts latencies = new LatencyCounts();
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger samples = new AtomicInteger();
  private final AtomicBoolean updating = new AtomicBoolean();
  private volatile int limit;
  private volatile boolean measuring;

  /** In nanoseconds; 0: not known yet. */
  private volatile long minRtt;

  // Written by whoever updates.
  private volatile long nextUpdate;
  private volatile long nextMeasurement;
  private volatile int limitBefore;

  /** A limit that begins with a measurement, unless the latency without load is given. */
  public GradientLimit(AdaptiveConcurrency settings, long nowNanos, Randomness random) {
    this.settings = settings;
    this.random = random;
    this.limitBefore = settings.minConcurrency();
    this.limit = settings.minConcurrency();
    this.nextUpdate = nowNanos + settings.updateInterval().toNanos();
    if (settings.fixedMinRtt() == null) {
      measuring = true;
    } else {
      minRtt = settings.fixedMinRtt().toNanos();
    }
  }

  /** Lets a request in; false: the limit is reached. Balanced by one {@link #leave}. */
  public boolean tryEnter() {
    if (inFlight.incrementAndGet() > limit) {
      inFlight.decrementAndGet();
      return false;
    }
    return true;
  }

  /**
   * A request is over.
   *
   * @param latencyNanos negative: it does not count
   */
  public void leave(long latencyNanos, long nowNanos) {
    inFlight.decrementAndGet();
    if (latencyNanos >= 0) {
      latencies.record(latencyNanos);
      samples.incrementAndGet();
    }
    if (due(nowNanos) && updating.compareAndSet(false, true)) {
      if (due(nowNanos)) {
        update(nowNanos);
      }
      updating.set(false);
    }
  }

  /** The limit in force. */
  public int limit() {
    return limit;
  }

  private boolean due(long now) {
    return measuring
        ? samples.get() >= settings.requestCount()
        : now - nextUpdate >= 0 || (settings.fixedMinRtt() == null && now - nextMeasurement >= 0);
  }

  private void update(long now) {
    if (measuring) {
      minRtt = latencies.drain(settings.percentile(), 1);
      samples.set(0);
      limit = limitBefore;
      long interval = settings.minRttInterval().toNanos();
      nextMeasurement =
          now + interval + (long) (random.nextDouble() * interval * settings.jitter() / 100);
      nextUpdate = now + settings.updateInterval().toNanos();
      measuring = false;
      return;
    }
    if (settings.fixedMinRtt() == null && now - nextMeasurement >= 0) {
      limitBefore = limit;
      limit = settings.minConcurrency();
      latencies.drain(settings.percentile(), 1);
      samples.set(0);
      measuring = true;
      return;
    }
    nextUpdate = now + settings.updateInterval().toNanos();
    samples.set(0);
    long sample = latencies.drain(settings.percentile(), 1);
    if (sample > 0) {
      limit = next(limit, minRtt, sample, settings);
    }
  }

  /** The limit that follows one. */
  static int next(int limit, long minRtt, long sample, AdaptiveConcurrency settings) {
    double buffered = minRtt * (1 + settings.buffer() / 100);
    double gradient = Math.max(0.5, Math.min(2.0, buffered / sample));
    double scaled = limit * gradient;
    double next = scaled + Math.sqrt(scaled);
    return (int) Math.max(settings.minConcurrency(), Math.min(settings.maxLimit(), next));
  }
}
