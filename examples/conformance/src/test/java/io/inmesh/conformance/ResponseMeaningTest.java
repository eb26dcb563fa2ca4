package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.failFirst;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;

/**
 * RT-20: what an operator says responses mean holds for retries, outlier detection and throttling
 * alike.
 */
class ResponseMeaningTest {
  private static final String GET = "orders/shop.Orders/Get";

  /** Against the usual reading: 404 is a failure, 503 is not. */
  private static final String SUCCESS =
      """
      success:
      - {from: 404, grpcStatuses: [5], failure: true}
      - {from: 503, grpcStatuses: [14], failure: false}
      """;

  private static final String EJECT =
      "outlierDetection: {consecutive5xxErrors: 3, baseEjectionTime: 1h, maxEjectionPercent: 100}";

  /** A stream that has begun is not begun again. */
  @OverEveryTransport(except = {Transport.GRPC_CLIENT_STREAM, Transport.GRPC_BIDI})
  void retries_ofFailuresOnly(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", SUCCESS + "retry: {attempts: 2, on: [5xx, unavailable]}"));
    Instance orders = world.serve("orders", failFirst(1, 404));
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk().hasAttempts(2);
    orders.behave(status(503));
    assertThat(web.get(GET)).hasStatus(503).hasAttempts(1);
  }

  @OverEveryTransport(styles = Style.BLOCKING)
  void outlierDetection_countsFailuresOnly(World world) throws Exception {
    world.config(versions("orders"), policy("orders", SUCCESS), destination("orders", EJECT));
    Instance bad = world.serve("orders", status(404));
    Instance odd = world.serve("orders", status(503));
    Instance good = world.serve("orders", ok());
    Caller web = world.client("web");
    web.meet(GET, bad, odd, good);
    world.until("the one that fails is ejected", () -> web.avoids(GET, bad));
    assertThat(web.get(GET, 60).byHost()).containsOnlyKeys(odd.host(), good.host());
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  void throttling_isByFailuresOnly(World world) throws Exception {
    world.config(versions("orders"), policy("orders", SUCCESS + "concurrency: {throttle: true}"));
    Instance orders = world.serve("orders", status(503));
    Caller web = world.client("web");
    assertThat(web.get(GET, 60).failures()).hasSize(60);
    assertThat(orders.requests()).as("503 is no failure").hasSize(60);
    orders.behave(status(404));
    assertThat(web.get(GET, 300).failures()).hasSize(300);
    assertThat(orders.requests()).as("404 is one").hasSizeBetween(70, 300);
  }
}
