package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.CircuitBreakers;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.config.route.v3.RetryPolicy;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever bytes arrive, decoders answer with a value or a {@link Rejection}, in bounded time. */
class DecoderFuzzTest {
  private static final KnownFilters FILTERS = new KnownFilters(java.util.Set.of("x/y"));

  private static List<Map.Entry<ResourceKind<?>, Message>> seeds() {
    return List.of(
        Map.entry(ResourceKind.LISTENER, Protos.listener("l")),
        Map.entry(ResourceKind.LISTENER, Protos.serverListener(80)),
        Map.entry(
            ResourceKind.ROUTES,
            Protos.routes(
                "r",
                Route.newBuilder()
                    .setName("one")
                    .setMatch(
                        RouteMatch.newBuilder()
                            .setSafeRegex(RegexMatcher.newBuilder().setRegex("/a(b|c){2,5}[^x]*"))
                            .addHeaders(
                                HeaderMatcher.newBuilder().setName("x-a").setPresentMatch(true)))
                    .setRoute(
                        Protos.split("a", 1, "b", 2)
                            .setRetryPolicy(
                                RetryPolicy.newBuilder()
                                    .setRetryOn("5xx,unavailable")
                                    .addRetriableStatusCodes(503))
                            .setPrefixRewrite("/z"))
                    .addRequestHeadersToAdd(
                        HeaderValueOption.newBuilder()
                            .setHeader(HeaderValue.newBuilder().setKey("k").setValue("v"))),
                Route.newBuilder()
                    .setMatch(RouteMatch.newBuilder().setPathSeparatedPrefix("/p"))
                    .setRoute(RouteAction.newBuilder().setCluster("c")))),
        Map.entry(
            ResourceKind.CLUSTER,
            Protos.cluster("c").toBuilder()
                .setLbPolicy(Cluster.LbPolicy.RING_HASH)
                .setCircuitBreakers(
                    CircuitBreakers.newBuilder()
                        .addThresholds(
                            CircuitBreakers.Thresholds.newBuilder().setMaxRequests(Protos.uint(3))))
                .setOutlierDetection(
                    OutlierDetection.newBuilder().setConsecutive5Xx(Protos.uint(3)))
                .build()),
        Map.entry(ResourceKind.ENDPOINTS, Protos.endpoints("e", 1, 2, 3)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void mutatedBytes_giveAValueOrARejection(long seed) {
    Random random = new Random(seed);
    int accepted = 0;
    int rejected = 0;
    int unreadable = 0;
    for (Map.Entry<ResourceKind<?>, Message> entry : seeds()) {
      byte[] valid = entry.getValue().toByteArray();
      for (int round = 0; round < 1000; round++) {
        byte[] bytes = mutate(valid, random);
        Message message;
        try {
          message = entry.getValue().getParserForType().parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
          unreadable++;
          continue;
        }
        if (decodes(entry.getKey(), message)) {
          accepted++;
        } else {
          rejected++;
        }
      }
    }
    assertThat(List.of(accepted, rejected, unreadable)).allMatch(count -> count > 30);
  }

  @ParameterizedTest
  @ValueSource(longs = {5, 6})
  void randomBytes_giveAValueOrARejection(long seed) {
    Random random = new Random(seed);
    for (Map.Entry<ResourceKind<?>, Message> entry : seeds()) {
      for (int round = 0; round < 3000; round++) {
        byte[] bytes = new byte[random.nextInt(60)];
        random.nextBytes(bytes);
        try {
          decodes(entry.getKey(), entry.getValue().getParserForType().parseFrom(bytes));
        } catch (InvalidProtocolBufferException e) {
          // Never gets to a decoder.
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {7, 8, 9})
  void randomFields_giveAValueOrARejection(long seed) {
    Random random = new Random(seed);
    for (Map.Entry<ResourceKind<?>, Message> entry : seeds()) {
      for (int round = 0; round < 1500; round++) {
        Message.Builder builder = entry.getValue().toBuilder();
        for (int change = 0; change <= random.nextInt(4); change++) {
          disturb(builder, random, 0);
        }
        decodes(entry.getKey(), builder.build());
      }
    }
  }

  @Test
  void hostileExpressions_areRefusedQuickly() {
    for (String regex :
        List.of(
            "((a{1000}){1000}){1000}",
            "(".repeat(4000),
            "(".repeat(2000) + ")".repeat(2000),
            "a{1000}{1000}",
            "[" + "a".repeat(4000),
            "\\Q".repeat(2000),
            "(?:a*)*".repeat(500),
            "x".repeat(5000),
            "\\",
            "a**")) {
      decodes(
          ResourceKind.ROUTES,
          Protos.routes(
              "r",
              Route.newBuilder()
                  .setMatch(
                      RouteMatch.newBuilder()
                          .setSafeRegex(RegexMatcher.newBuilder().setRegex(regex)))
                  .setRoute(RouteAction.newBuilder().setCluster("c"))));
    }
  }

  private static boolean decodes(ResourceKind<?> kind, Message message) {
    try {
      Decoded<?> decoded = kind.decode(message, FILTERS);
      assertThat(decoded.remarks()).hasSizeLessThanOrEqualTo(50);
      return true;
    } catch (Rejection rejection) {
      assertThat(rejection.why())
          .as("an unforeseen exception")
          .doesNotStartWith("could not be decoded");
      return false;
    }
  }

  private static byte[] mutate(byte[] valid, Random random) {
    byte[] bytes = valid.clone();
    int changes = 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(3)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        default -> bytes = java.util.Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
      }
    }
    return bytes;
  }

  /** Changes one random field somewhere in the tree to something extreme. */
  private static void disturb(Message.Builder builder, Random random, int depth) {
    List<FieldDescriptor> fields = builder.getDescriptorForType().getFields();
    if (fields.isEmpty()) {
      return;
    }
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    if (field.isMapField()) {
      return;
    }
    if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      if (depth > 6) {
        return;
      }
      Message.Builder child = builder.newBuilderForField(field);
      if (!field.isRepeated() && builder.hasField(field)) {
        child.mergeFrom((Message) builder.getField(field));
      } else if (field.isRepeated() && builder.getRepeatedFieldCount(field) > 0) {
        child.mergeFrom((Message) builder.getRepeatedField(field, 0));
      }
      disturb(child, random, depth + 1);
      set(builder, field, child.build());
      return;
    }
    set(builder, field, extreme(field, random));
  }

  private static void set(Message.Builder builder, FieldDescriptor field, Object value) {
    if (!field.isRepeated()) {
      builder.setField(field, value);
    } else if (builder.getRepeatedFieldCount(field) > 0) {
      builder.setRepeatedField(field, 0, value);
    } else {
      builder.addRepeatedField(field, value);
    }
  }

  private static Object extreme(FieldDescriptor field, Random random) {
    return switch (field.getJavaType()) {
      case INT -> List.of(-1, 0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE).get(random.nextInt(5));
      case LONG -> List.of(-1L, 0L, 1L, Long.MAX_VALUE, Long.MIN_VALUE).get(random.nextInt(5));
      case FLOAT -> List.of(Float.NaN, -1f, Float.POSITIVE_INFINITY, 0f).get(random.nextInt(4));
      case DOUBLE -> List.of(Double.NaN, -1d, Double.POSITIVE_INFINITY, 0d).get(random.nextInt(4));
      case BOOLEAN -> random.nextBoolean();
      case STRING ->
          List.of("", "\0", "x\r\ny: z", "*", "a*b", "/", "ß", "%REQ(", "x".repeat(300))
              .get(random.nextInt(9));
      case BYTE_STRING -> com.google.protobuf.ByteString.copyFrom(new byte[random.nextInt(4)]);
      case ENUM -> field.getEnumType().findValueByNumberCreatingIfUnknown(random.nextInt(12));
      case MESSAGE -> throw new AssertionError();
    };
  }
}
