package io.inmesh.server.ads;

import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import java.util.List;

/** What is kept of a client's {@code Node}: a few short strings, not the whole message. */
record ClientNode(
    String id,
    String cluster,
    ClientKind kind,
    String version,
    String userAgent,
    List<String> views) {
  static final ClientNode UNKNOWN = new ClientNode("", "", ClientKind.OTHER, "", "", List.of());

  /** Whether the client has introduced itself; nobody without an id has. */
  boolean isKnown() {
    return !id.isEmpty();
  }

  static ClientNode of(Node node, List<String> views) {
    String agentVersion = node.getUserAgentVersion();
    if (agentVersion.isEmpty() && node.hasUserAgentBuildVersion()) {
      var build = node.getUserAgentBuildVersion().getVersion();
      agentVersion = build.getMajorNumber() + "." + build.getMinorNumber() + "." + build.getPatch();
    }
    Value own = node.getMetadata().getFieldsMap().get(ClientKind.VERSION_KEY);
    return new ClientNode(
        node.getId(),
        node.getCluster(),
        ClientKind.of(node),
        own == null ? agentVersion : own.getStringValue(),
        (node.getUserAgentName() + " " + agentVersion).strip(),
        List.copyOf(views));
  }
}
