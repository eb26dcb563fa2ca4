package io.inmesh.server.ads;

import io.envoyproxy.envoy.config.core.v3.Node;

/** What software is at the other end, as far as the protocol must care. */
public enum ClientKind {
  /** Our own library, recognised by {@code inmesh.version} in the node's metadata. */
  INMESH,
  /** A gRPC library of any language. */
  GRPC,
  /** Envoy, which warms a changed cluster until its endpoints arrive. */
  ENVOY,
  /** Anything else; gets everything, always. */
  OTHER;

  /** The metadata key our own clients carry. */
  public static final String VERSION_KEY = "inmesh.version";

  /** The kind that a node claims to be. */
  public static ClientKind of(Node node) {
    if (node.getMetadata().containsFields(VERSION_KEY)) {
      return INMESH;
    }
    String agent = node.getUserAgentName();
    if (agent.regionMatches(true, 0, "grpc", 0, 4)) {
      return GRPC;
    }
    return agent.regionMatches(true, 0, "envoy", 0, 5) ? ENVOY : OTHER;
  }

  /**
   * Whether the version that a client of this kind names first on a new stream says what it holds.
   * Others name what they acknowledged last, also if they have dropped parts of it since.
   */
  boolean claimsWhatItHolds() {
    return this == INMESH;
  }
}
