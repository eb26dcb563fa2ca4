package io.inmesh.xds;

import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TypeRegistry;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.wire.cluster.v1.Endpoints;
import io.inmesh.wire.cluster.v1.PeakEwma;

/** Resources in protobuf's text format, which keeps tables readable. */
final class Text {
  private static final TextFormat.Parser PARSER =
      TextFormat.Parser.newBuilder()
          .setTypeRegistry(
              TypeRegistry.newBuilder()
                  .add(HttpProtocolOptions.getDescriptor())
                  .add(Endpoints.getDescriptor())
                  .add(PeakEwma.getDescriptor())
                  .build())
          .build();

  private Text() {}

  /** Merges text into a builder. */
  static <B extends Message.Builder> B merge(String text, B builder) {
    try {
      PARSER.merge(text, builder);
      return builder;
    } catch (TextFormat.ParseException e) {
      throw new AssertionError(text, e);
    }
  }
}
