package io.inmesh.xds;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;

/** Resources in protobuf's text format, which keeps tables readable. */
final class Text {
  private Text() {}

  /** Merges text into a builder. */
  static <B extends Message.Builder> B merge(String text, B builder) {
    try {
      TextFormat.merge(text, builder);
      return builder;
    } catch (TextFormat.ParseException e) {
      throw new AssertionError(text, e);
    }
  }
}
