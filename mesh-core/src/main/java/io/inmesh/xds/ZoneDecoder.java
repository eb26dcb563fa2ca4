package io.inmesh.xds;

import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.type.v3.Percent;
import io.inmesh.model.ZoneAware;
import org.jspecify.annotations.Nullable;

/** Zone-aware routing, which is said for a cluster or for one of its balancers. */
final class ZoneDecoder {
  private static final int MIN_CLUSTER_SIZE = 6;

  private ZoneDecoder() {}

  /** Null: nothing is said. */
  static @Nullable ZoneAware ofCluster(Cluster.CommonLbConfig config, FieldPath path)
      throws Rejection {
    if (!config.hasZoneAwareLbConfig()) {
      return null;
    }
    Cluster.CommonLbConfig.ZoneAwareLbConfig zones = config.getZoneAwareLbConfig();
    return of(
        zones.hasRoutingEnabled() ? zones.getRoutingEnabled() : null,
        zones.hasMinClusterSize() ? zones.getMinClusterSize() : null,
        zones.getFailTrafficOnPanic(),
        false,
        path.field("zone_aware_lb_config"));
  }

  /** Null: nothing is said. */
  @SuppressWarnings("deprecation")
  static @Nullable ZoneAware ofBalancer(LocalityLbConfig config, FieldPath path) throws Rejection {
    if (!config.hasZoneAwareLbConfig()) {
      return null;
    }
    LocalityLbConfig.ZoneAwareLbConfig zones = config.getZoneAwareLbConfig();
    return of(
        zones.hasRoutingEnabled() ? zones.getRoutingEnabled() : null,
        zones.hasMinClusterSize() ? zones.getMinClusterSize() : null,
        zones.getFailTrafficOnPanic(),
        zones.getForceLocalityDirectRouting(),
        path.field("locality_lb_config").field("zone_aware_lb_config"));
  }

  private static ZoneAware of(
      @Nullable Percent enabled,
      @Nullable UInt64Value size,
      boolean failOnPanic,
      boolean forceLocal,
      FieldPath path)
      throws Rejection {
    double percent =
        enabled == null ? 100 : Percents.checked(enabled.getValue(), path.field("routing_enabled"));
    long least = size == null ? MIN_CLUSTER_SIZE : size.getValue();
    return new ZoneAware(
        (int) Math.round(percent),
        // Unsigned: what looks negative is more than there can be.
        least < 0 ? Integer.MAX_VALUE : (int) Math.min(Integer.MAX_VALUE, least),
        failOnPanic,
        forceLocal,
        null);
  }
}
