package io.inmesh.server.config;

import java.util.Set;

/** Kinds of other programs that people have in the same files. */
final class ForeignKinds {

  /** Has no meaning without a proxy or a cluster; leaving it out changes nothing for the mesh. */
  private static final Set<String> SKIPPED =
      Set.of(
          "/Namespace",
          "/ServiceAccount",
          "gateway.networking.k8s.io/Gateway",
          "gateway.networking.k8s.io/GatewayClass",
          "networking.istio.io/Gateway",
          "networking.istio.io/Sidecar");

  /** Means something to a mesh, so that leaving it out must not pass unnoticed. */
  private static final Set<String> LATER =
      Set.of(
          "gateway.networking.k8s.io/TCPRoute",
          "gateway.networking.k8s.io/TLSRoute",
          "gateway.networking.k8s.io/UDPRoute",
          "telemetry.istio.io/Telemetry");

  private ForeignKinds() {}

  static boolean isSkipped(String group, String kind) {
    return SKIPPED.contains(group + "/" + kind);
  }

  static boolean isLater(String group, String kind) {
    return LATER.contains(group + "/" + kind);
  }
}
