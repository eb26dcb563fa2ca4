package io.inmesh.filter.authz;

import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.model.AccessControl;
import io.inmesh.model.FilterConfig;
import io.opentelemetry.api.OpenTelemetry;

/** Makes filters of {@code envoy.extensions.filters.http.rbac.v3.RBAC}; servers only. */
public final class AccessFilterFactory implements FilterFactory {
  /** The type of configuration it understands. */
  public static final String TYPE =
      "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";

  private final AccessMetrics metrics;

  /** One that reports its decisions there. */
  public AccessFilterFactory(OpenTelemetry telemetry) {
    metrics = new AccessMetrics(telemetry);
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
    if (!(config.settings() instanceof AccessControl control)) {
      throw new IllegalArgumentException("expected an access control policy");
    }
    return new AccessFilter(control, metrics);
  }
}
