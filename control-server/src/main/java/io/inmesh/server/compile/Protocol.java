package io.inmesh.server.compile;

import java.util.Locale;
import java.util.Optional;

/** What callers speak on a port. */
enum Protocol {
  /** HTTP/1.1. */
  HTTP1,
  /** HTTP/2 with prior knowledge. */
  HTTP2,
  /** gRPC over HTTP/2. */
  GRPC,
  /** HTTP/1.1 or HTTP/2 over TLS, which callers begin themselves. */
  HTTPS,
  /** Anything the mesh does not route: TCP, TLS, UDP, … */
  OPAQUE;

  /** Whether clusters must be told to speak HTTP/2. */
  boolean http2() {
    return this == HTTP2 || this == GRPC;
  }

  /** Whether the mesh routes requests on such a port. */
  boolean routable() {
    return this != OPAQUE;
  }

  /**
   * From a Service's {@code appProtocol}, else from the port's name, {@code <protocol>[-suffix]};
   * empty if neither says.
   */
  static Optional<Protocol> declared(String appProtocol, String portName) {
    Optional<Protocol> byField = named(appProtocol);
    if (byField.isPresent() || !appProtocol.isEmpty()) {
      return byField;
    }
    int dash = portName.indexOf('-');
    Optional<Protocol> byName = named(portName);
    return byName.isPresent() || dash < 0 ? byName : named(portName.substring(0, dash));
  }

  /** By a name of Kubernetes, Istio or ours; empty if it is none we know. */
  static Optional<Protocol> named(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "http", "http1", "http/1.1", "kubernetes.io/ws" -> Optional.of(HTTP1);
      case "http2", "h2c", "kubernetes.io/h2c" -> Optional.of(HTTP2);
      case "grpc", "grpc-web" -> Optional.of(GRPC);
      case "https", "kubernetes.io/wss" -> Optional.of(HTTPS);
      case "tcp", "tls", "mongo", "mysql", "redis", "udp", "sctp" -> Optional.of(OPAQUE);
      default -> Optional.empty();
    };
  }
}
