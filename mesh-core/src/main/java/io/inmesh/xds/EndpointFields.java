package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;

/** The part of {@link SupportedFields} about endpoints. */
final class EndpointFields {
  private EndpointFields() {}

  static void declare() {
    message(ClusterLoadAssignment.class)
        .supports("cluster_name", "endpoints", "policy")
        .refuses("named_endpoints");
    message(ClusterLoadAssignment.Policy.class)
        .supports("drop_overloads", "overprovisioning_factor")
        .ignores("weighted_priority_health");
    message(ClusterLoadAssignment.Policy.DropOverload.class)
        .supports("category", "drop_percentage");
    message(LocalityLbEndpoints.class)
        .supports("locality", "lb_endpoints", "load_balancing_weight", "priority")
        .ignores("metadata", "proximity")
        .refuses("load_balancer_endpoints", "leds_cluster_locality_config");
    message(Locality.class).supports("region", "zone", "sub_zone");
    message(LbEndpoint.class)
        .supports("endpoint", "health_status", "metadata", "load_balancing_weight")
        .refuses("endpoint_name");
    message(Endpoint.class)
        .supports("address", "hostname")
        .ignores("health_check_config", "additional_addresses");
    message(Metadata.class).supports("filter_metadata").ignores("typed_filter_metadata");
  }
}
