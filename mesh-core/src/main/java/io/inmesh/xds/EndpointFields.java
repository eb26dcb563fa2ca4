package io.inmesh.xds;

import static io.inmesh.xds.SupportedFields.message;

/** The part of {@link SupportedFields} about endpoints. */
final class EndpointFields {
  private EndpointFields() {}

  static void declare() {
    message("envoy.config.endpoint.v3.ClusterLoadAssignment")
        .supports("cluster_name", "endpoints", "policy")
        .refuses("named_endpoints");
    message("envoy.config.endpoint.v3.ClusterLoadAssignment.Policy")
        .supports("drop_overloads", "overprovisioning_factor")
        .ignores("weighted_priority_health");
    message("envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload")
        .supports("category", "drop_percentage");
    message("envoy.config.endpoint.v3.LocalityLbEndpoints")
        .supports("locality", "lb_endpoints", "load_balancing_weight", "priority")
        .ignores("metadata", "proximity")
        .refuses("load_balancer_endpoints", "leds_cluster_locality_config");
    message("envoy.config.core.v3.Locality").supports("region", "zone", "sub_zone");
    message("envoy.config.endpoint.v3.LbEndpoint")
        .supports("endpoint", "health_status", "metadata", "load_balancing_weight")
        .refuses("endpoint_name");
    message("envoy.config.endpoint.v3.Endpoint")
        .supports("address", "hostname", "health_check_config")
        .ignores("additional_addresses");
    message("envoy.config.endpoint.v3.Endpoint.HealthCheckConfig")
        .supports("port_value", "hostname", "address", "disable_active_health_check");
    message("envoy.config.core.v3.Metadata")
        .supports("filter_metadata")
        .ignores("typed_filter_metadata");
  }
}
