package io.inmesh.xds;

import com.google.protobuf.Message;

/** What decoders say. */
final class Rejections {
  private Rejections() {}

  /** The rejection's text; fails if the resource is accepted. */
  static String of(ResourceKind<?> kind, Message message) {
    return of(kind, message, KnownFilters.NONE);
  }

  static String of(ResourceKind<?> kind, Message message, KnownFilters filters) {
    try {
      Decoded<?> decoded = kind.decode(message, filters);
      throw new AssertionError("accepted: " + decoded);
    } catch (Rejection rejection) {
      return rejection.path() + ": " + rejection.why();
    }
  }
}
