package io.inmesh.call;

import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

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

  /**
   * How the body begins, for those who decide about an inbound request by it; the application gets
   * all of it nevertheless. Of gRPC these are the frames of its messages. May be asked while the
   * request is being admitted, one time after another, on whatever thread: never blocks.
   *
   * @param limit as many bytes at most
   * @return there once the body has ended or is longer; fails if the request is broken off; null:
   *     the transport cannot do that for this request
   */
  default @Nullable CompletionStage<BodyStart> body(int limit) {
    return null;
  }
}
