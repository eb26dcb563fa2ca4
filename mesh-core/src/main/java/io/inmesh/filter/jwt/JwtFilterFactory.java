package io.inmesh.filter.jwt;

import io.inmesh.control.ControlLoop;
import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtRequirement;
import io.inmesh.model.PathMatch;
import io.inmesh.model.RouteMatch;
import io.opentelemetry.api.OpenTelemetry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Makes filters of {@code envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication}; servers
 * only. Keys that were fetched, and tokens found valid, outlive a change of configuration that
 * leaves their provider as it was.
 */
public final class JwtFilterFactory implements FilterFactory {
  /** The type of configuration it understands. */
  public static final String TYPE =
      "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";

  private static final RouteMatch EVERYTHING =
      new RouteMatch(new PathMatch.Prefix("", true), List.of(), List.of(), false, Fraction.ALL);

  private final ControlLoop loop;
  private final KeyFetcher fetcher;
  private final JwtMetrics metrics;

  /** Made for the first filter: most processes have none. Confined to the control loop. */
  private @Nullable Providers providers;

  /** One that fetches keys on that loop, with that fetcher. */
  public JwtFilterFactory(ControlLoop loop, KeyFetcher fetcher, OpenTelemetry telemetry) {
    this.loop = loop;
    this.fetcher = fetcher;
    this.metrics = new JwtMetrics(telemetry);
  }

  @Override
  public String typeUrl() {
    return TYPE;
  }

  @Override
  public boolean serves(Side side) {
    return side == Side.SERVER;
  }

  @Override
  public Object merged(Object base, Object override) {
    if (!(base instanceof JwtAuthentication listener)
        || !(override instanceof JwtAuthentication.PerRoute route)) {
      return override;
    }
    JwtRequirement requirement = listener.requirements().get(route.requirement());
    if (requirement == null) {
      throw new IllegalArgumentException(
          "there is no requirement '" + route.requirement() + "' in requirement_map");
    }
    return new JwtAuthentication(
        listener.providers(),
        List.of(new JwtAuthentication.Rule(EVERYTHING, requirement)),
        listener.requirements(),
        listener.bypassCorsPreflight(),
        listener.quiet());
  }

  @Override
  public MeshFilter create(FilterConfig config, Side side) {
    if (!(config.settings() instanceof JwtAuthentication settings)) {
      throw new IllegalArgumentException("expected what tokens are required");
    }
    Map<String, Provider> used = new LinkedHashMap<>();
    new TreeMap<>(settings.providers())
        .forEach((name, provider) -> used.put(name, providers().of(name, provider)));
    return new JwtFilter(settings, used, metrics);
  }

  private Providers providers() {
    if (providers == null) {
      providers = new Providers(loop, fetcher);
    }
    return providers;
  }
}
