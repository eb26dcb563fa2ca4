package io.inmesh.call.engine;

import io.inmesh.RequestOptions;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.RequestHead;

/** Whether executing a request twice is harmless. */
final class Idempotency {
  private Idempotency() {}

  /** By what the application says, or else by the method. */
  static boolean of(RequestOptions asked, RequestHead head) {
    Boolean said = asked.idempotent();
    if (said != null) {
      return said;
    }
    return switch (head.method()) {
      case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE" -> true;
      default -> false;
    };
  }

  /** Whether it has a key by which its repetitions are known. */
  static boolean keyed(RequestHead head) {
    return head.headers().get(MeshHeaders.IDEMPOTENCY_KEY) != null;
  }
}
