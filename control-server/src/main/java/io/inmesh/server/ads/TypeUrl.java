package io.inmesh.server.ads;

import java.util.List;

/** The type URLs of xDS v3 and what the protocol says about each of them. */
public final class TypeUrl {
  /** Clusters (CDS). */
  public static final String CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";

  /** Endpoints of a cluster (EDS). */
  public static final String ENDPOINTS =
      "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";

  /** Listeners (LDS). */
  public static final String LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener";

  /** Route configurations (RDS). */
  public static final String ROUTES =
      "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

  /** Secrets and validation contexts (SDS). */
  public static final String SECRET =
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

  /** Ranks of the four chained types, in the order that never breaks traffic. */
  static final int RANK_CLUSTER = 0;

  static final int RANK_ENDPOINTS = 1;
  static final int RANK_LISTENER = 2;
  static final int RANK_ROUTES = 3;
  static final int RANK_OTHER = 4;

  private static final List<String> KNOWN = List.of(CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET);

  private TypeUrl() {}

  /** An equal text, the one here if there is one: not every stream keeps its own. */
  static String kept(String typeUrl) {
    int known = KNOWN.indexOf(typeUrl);
    return known < 0 ? typeUrl : KNOWN.get(known);
  }

  /** Position in the make-before-break order; all types outside the chain come last. */
  static int rank(String typeUrl) {
    return switch (typeUrl) {
      case CLUSTER -> RANK_CLUSTER;
      case ENDPOINTS -> RANK_ENDPOINTS;
      case LISTENER -> RANK_LISTENER;
      case ROUTES -> RANK_ROUTES;
      default -> RANK_OTHER;
    };
  }

  /**
   * Whether a state-of-the-world response carries the whole subscribed set, so that absence means
   * deletion. These are also the types with the legacy wildcard.
   */
  static boolean fullState(String typeUrl) {
    return typeUrl.equals(CLUSTER) || typeUrl.equals(LISTENER);
  }

  /** A short name from a closed set, fit for a metric's attribute and for tables. */
  public static String shortName(String typeUrl) {
    return switch (typeUrl) {
      case CLUSTER -> "cds";
      case ENDPOINTS -> "eds";
      case LISTENER -> "lds";
      case ROUTES -> "rds";
      case SECRET -> "sds";
      default -> "other";
    };
  }
}
