package io.inmesh.server.ads;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.inmesh.control.ControlLoop;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/**
 * Turns streams of events into few pushes. Two lanes, since an endpoint must not wait for the pace
 * that suits configuration; within a lane, events for the same key become one. Thread-safe; the
 * action runs on the control loop.
 *
 * @param <K> what changed; compared by equality
 */
public final class DebounceLanes<K> implements AutoCloseable {
  /** Which pace an event needs. */
  public enum Lane {
    /** Instances that come, go or change health. */
    ENDPOINTS,
    /** Everything else. */
    CONFIG
  }

  /** Acts on collected changes. */
  @FunctionalInterface
  public interface Action<K> {
    /**
     * Translates and publishes.
     *
     * @param lane where the changes come from
     * @param keys what changed, each once, in the order of first mention
     * @return the store's revision that contains the changes
     */
    long push(Lane lane, Set<K> keys);
  }

  private static final AttributeKey<String> LANE = AttributeKey.stringKey("lane");

  private final ControlLoop loop;
  private final Map<Lane, DebounceLane<K>> lanes = new EnumMap<>(Lane.class);

  /**
   * Makes both lanes.
   *
   * @param loop runs the action and measures time
   * @param endpoints the window of {@link Lane#ENDPOINTS}
   * @param config the window of {@link Lane#CONFIG}
   * @param lastPushNanos how long the last push took, usually {@link ResourceStore#lastPushNanos}
   * @param meter where {@code pilot_debounce_time} goes
   * @param action what to do
   */
  public DebounceLanes(
      ControlLoop loop,
      DebounceWindow endpoints,
      DebounceWindow config,
      LongSupplier lastPushNanos,
      Meter meter,
      Action<K> action) {
    this.loop = loop;
    DoubleHistogram time =
        meter
            .histogramBuilder("pilot_debounce_time")
            .setDescription("Time from the first change of a window until it is acted on.")
            .setUnit("s")
            .build();
    for (Lane lane : Lane.values()) {
      Attributes attributes = Attributes.of(LANE, lane.name().toLowerCase(Locale.ROOT));
      lanes.put(
          lane,
          new DebounceLane<>(
              loop,
              lane == Lane.ENDPOINTS ? endpoints : config,
              lastPushNanos,
              keys -> action.push(lane, keys),
              nanos -> time.record(nanos / 1e9, attributes)));
    }
  }

  /**
   * Notes a change.
   *
   * @return completes on the control loop with the revision that contains the change, or with the
   *     action's failure; the key then stays for the next push
   */
  @CanIgnoreReturnValue
  public CompletableFuture<Long> submit(Lane lane, K key) {
    CompletableFuture<Long> pushed = new CompletableFuture<>();
    loop.execute(() -> lane(lane).add(key, pushed));
    return pushed;
  }

  /** Acts on everything collected so far without waiting, as at start-up. */
  public void pushNow() {
    loop.execute(() -> lanes.values().forEach(DebounceLane::fire));
  }

  private DebounceLane<K> lane(Lane lane) {
    DebounceLane<K> found = lanes.get(lane);
    if (found == null) {
      throw new IllegalStateException("no lane " + lane);
    }
    return found;
  }

  /** Stops; what is collected is dropped, and who waits for it is told so. */
  @Override
  public void close() {
    loop.execute(() -> lanes.values().forEach(DebounceLane::close));
  }
}
