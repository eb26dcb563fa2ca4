package io.inmesh.server.compile;

/** What a client understands: decides which dialect of xDS it gets. */
public enum CapabilityClass {
  /** Our own library: standard resources plus {@code inmesh.*.v1} extensions. */
  INMESH("inmesh"),
  /** Stock proxyless gRPC of any language, and every client we do not recognise. */
  GRPC("grpc"),
  /** Envoy. */
  ENVOY("envoy");

  private final String id;

  CapabilityClass(String id) {
    this.id = id;
  }

  /** The name used in views. */
  String id() {
    return id;
  }
}
