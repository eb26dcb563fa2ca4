package io.inmesh.filter.authz;

import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.model.FilterConfig;
import io.opentelemetry.api.OpenTelemetry;

/** Makes filters of {@code envoy.extensions.filters.http.ext_authz.v3.ExtAuthz}; servers only. */
public final class ExternalFilterFactory implements FilterFactory {
  /** The type of configuration it understands. */
  public static final String TYPE =
      "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz";

  private final Arbiter.Source arbiters;
  private final AccessMetrics metrics;

  /** One that has those decide, and reports their decisions. */
  public ExternalFilterFactory(Arbiter.Source arbiters, OpenTelemetry telemetry) {
    this.arbiters = arbiters;
    this.metrics = new AccessMetrics(telemetry);
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
  public MeshFilter create(FilterConfig config, Side side) {
    if (!(config.settings() instanceof ExternalAuthorization settings)) {
      throw new IllegalArgumentException("expected who decides");
    }
    return new ExternalFilter(settings, arbiters.of(settings.provider()), metrics);
  }
}
