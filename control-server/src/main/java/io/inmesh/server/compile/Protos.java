package io.inmesh.server.compile;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.FractionalPercent.DenominatorType;

/** Small pieces of protos that many resources need. */
final class Protos {
  /** "Ask the stream this came from." */
  static final ConfigSource ADS =
      ConfigSource.newBuilder()
          .setAds(AggregatedConfigSource.getDefaultInstance())
          .setResourceApiVersion(ApiVersion.V3)
          .build();

  /** True, in a box. */
  static final BoolValue TRUE = BoolValue.of(true);

  private Protos() {}

  static Duration duration(java.time.Duration duration) {
    return Duration.newBuilder()
        .setSeconds(duration.getSeconds())
        .setNanos(duration.getNano())
        .build();
  }

  static UInt32Value uint(int value) {
    return UInt32Value.of(value);
  }

  /** Of requests, given in millionths. */
  static FractionalPercent share(int millionths) {
    boolean percent = millionths % 10_000 == 0;
    return FractionalPercent.newBuilder()
        .setNumerator(percent ? millionths / 10_000 : millionths)
        .setDenominator(percent ? DenominatorType.HUNDRED : DenominatorType.MILLION)
        .build();
  }

  static TypedExtensionConfig extension(String name, Message config) {
    return TypedExtensionConfig.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
  }

  static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }

  /** Metadata under our own key; the caller puts the fields in a fixed order. */
  static Metadata metadata(Struct fields) {
    return Metadata.newBuilder().putFilterMetadata(Names.METADATA, fields).build();
  }

  /** Settings of what applications bring, by the name under which they registered it. */
  static TypedStruct struct(String type, String json) {
    Struct.Builder settings = Struct.newBuilder();
    try {
      JsonFormat.parser().merge(json, settings);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a schema let pass what is no JSON object", e);
    }
    return TypedStruct.newBuilder()
        .setTypeUrl("type.googleapis.com/" + type)
        .setValue(settings)
        .build();
  }
}
