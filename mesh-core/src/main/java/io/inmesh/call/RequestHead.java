package io.inmesh.call;

/**
 * A request without its body, as a view of the transport's own object; the engine's changes
 * (rewrites, header mutation) reach the wire. Confined to the call.
 */
public interface RequestHead {
  /** What the application speaks. */
  enum Kind {
    /** Plain HTTP. */
    HTTP,
    /** gRPC: path {@code /package.Service/Method}, status in trailers. */
    GRPC
  }

  /** What the application speaks. */
  Kind kind();

  /** The method in upper case; {@code POST} for gRPC. */
  String method();

  /** {@code http} or {@code https} as the application wrote it. */
  String scheme();

  /** Host and optional port as the application wrote them. */
  String authority();

  /** Changes the authority that is sent. */
  void authority(String authority);

  /** Path and query; begins with a slash. */
  String path();

  /** Changes path and query. */
  void path(String path);

  /** The header fields, without pseudo-headers. */
  Headers headers();
}
