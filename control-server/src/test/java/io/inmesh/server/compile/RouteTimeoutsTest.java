package io.inmesh.server.compile;

import static io.inmesh.server.compile.OrdersRoutes.compile;
import static io.inmesh.server.compile.OrdersRoutes.onlyRoute;
import static io.inmesh.server.compile.OrdersRoutes.withTimeouts;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction.MaxStreamDuration;
import io.inmesh.server.config.StreamLimits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long the requests and streams of a route may take. */
class RouteTimeoutsTest {
  @Test
  void timeouts_limitStreamsOfStockGrpcOnly_andZeroMeansNone() {
    Compiled compiled = compile(withTimeouts(Duration.ofSeconds(2), Duration.ofMillis(500)));
    RouteAction limited = onlyRoute(compiled).getRoute();
    assertThat(limited.getTimeout().getSeconds()).isEqualTo(2);
    assertThat(limited.hasMaxStreamDuration()).isFalse();
    RouteAction stock = onlyRoute(compiled.seenBy(CapabilityClass.GRPC, "default")).getRoute();
    assertThat(stock.getMaxStreamDuration().getMaxStreamDuration().getSeconds()).isEqualTo(2);
    assertThat(Durations.toMillis(limited.getRetryPolicy().getPerTryTimeout())).isEqualTo(500);

    RouteAction unlimited =
        onlyRoute(compile(withTimeouts(Duration.ZERO, Duration.ZERO))).getRoute();
    assertThat(unlimited.hasTimeout()).isTrue();
    assertThat(unlimited.getTimeout().getSeconds()).isZero();
    assertThat(unlimited.hasMaxStreamDuration()).isFalse();
    assertThat(unlimited.getRetryPolicy().hasPerTryTimeout()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    // timeout, stream, header max, offset; what our client and what stock gRPC get
    ", 9, , , '9, , ', '9, , '",
    ", , 5, 1, ', 5, 1', ', 5, 1'",
    "2, 9, 5, , '9, 5, ', '2, 2, '",
    "9, 5, 2, , '5, 2, ', '5, 2, '",
    "2, 0, 0, , '0, 0, ', '2, 2, '",
    "2, , , , ', , ', '2, , '",
  })
  void streamLimits_areSaidAsTheyAre_butStockGrpcHasNoTimeoutBesides(
      @Nullable Integer timeout,
      @Nullable Integer stream,
      @Nullable Integer max,
      @Nullable Integer offset,
      String ours,
      String stock) {
    StreamLimits limits = new StreamLimits(seconds(stream), seconds(max), seconds(offset));
    assertThat(said(limits, timeout, CapabilityClass.INMESH)).isEqualTo(ours);
    assertThat(said(limits, timeout, CapabilityClass.ENVOY)).isEqualTo(ours);
    assertThat(said(limits, timeout, CapabilityClass.GRPC)).isEqualTo(stock);
  }

  private static @Nullable Duration seconds(@Nullable Integer number) {
    return number == null ? null : Duration.ofSeconds(number);
  }

  private static String said(
      StreamLimits limits, @Nullable Integer timeout, CapabilityClass clients) {
    MaxStreamDuration said =
        StreamResources.of(limits, seconds(timeout), clients)
            .orElse(MaxStreamDuration.getDefaultInstance());
    return (said.hasMaxStreamDuration() ? said.getMaxStreamDuration().getSeconds() : "")
        + ", "
        + (said.hasGrpcTimeoutHeaderMax() ? said.getGrpcTimeoutHeaderMax().getSeconds() : "")
        + ", "
        + (said.hasGrpcTimeoutHeaderOffset() ? said.getGrpcTimeoutHeaderOffset().getSeconds() : "");
  }
}
