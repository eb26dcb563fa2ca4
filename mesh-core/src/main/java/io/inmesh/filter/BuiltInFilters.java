package io.inmesh.filter;

import io.inmesh.control.Cancellable;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.control.Timers;
import io.inmesh.model.FilterConfig;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The filters every process has. */
public final class BuiltInFilters {
  /** The type of sticky sessions, which choose an endpoint and so are the engine's own matter. */
  public static final String SESSIONS =
      "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.StatefulSession";

  /** A type that is known but no part of chains. */
  private record Apart(String typeUrl) implements FilterFactory {
    @Override
    public boolean serves(Side side) {
      return false;
    }

    @Override
    public MeshFilter create(FilterConfig config, Side side) {
      throw new IllegalStateException("'" + typeUrl + "' is no filter of a chain");
    }
  }

  private BuiltInFilters() {}

  /** The types of their configuration. */
  public static Set<String> types() {
    return of(Clock.SYSTEM, Randomness.SYSTEM, (delay, task) -> Cancellable.NONE).stream()
        .map(FilterFactory::typeUrl)
        .collect(Collectors.toUnmodifiableSet());
  }

  /** All of them, sharing time, chance and timers. */
  public static List<FilterFactory> of(Clock clock, Randomness random, Timers timers) {
    return List.of(
        new CorsFilter.Factory(random),
        new FaultFilter.Factory(random, timers),
        new RateLimitFilter.Factory(clock, random),
        new AdmissionControlFilter.Factory(clock, random),
        new ConcurrencyFilter.Factory(clock, random),
        new InFlightFilter.Factory(),
        new IdempotencyFilter.Factory(clock),
        new Apart(SESSIONS));
  }
}
