package io.inmesh.server.compile;

/** The resource types the compiler emits, in the order in which clients must see them appear. */
public enum XdsType {
  /** CDS. */
  CLUSTER("type.googleapis.com/envoy.config.cluster.v3.Cluster"),
  /** EDS. */
  ENDPOINTS("type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"),
  /** LDS. */
  LISTENER("type.googleapis.com/envoy.config.listener.v3.Listener"),
  /** RDS. */
  ROUTES("type.googleapis.com/envoy.config.route.v3.RouteConfiguration");

  private final String typeUrl;

  XdsType(String typeUrl) {
    this.typeUrl = typeUrl;
  }

  /** The type URL on the wire. */
  public String typeUrl() {
    return typeUrl;
  }
}
