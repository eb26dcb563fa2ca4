package io.inmesh.call.engine;

import io.inmesh.call.Attempt;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.HashPolicy;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.testing.FakeHeaders;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.FakeResponse;
import io.inmesh.testing.FakeTransport;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Calls to a few endpoints of one service, whose policy each test says. */
abstract class EndpointCalls {
  static final OutlierPolicy OUTLIERS = Outliers.defaults().maxEjectionPercent(50).build();
  static final FailureAccrual ACCRUAL =
      new FailureAccrual(3, Duration.ofSeconds(1), Duration.ofSeconds(60), 0, null, false);
  static final FailureAccrual UNIFIED =
      new FailureAccrual(
          100,
          Duration.ofSeconds(1),
          Duration.ofSeconds(60),
          0,
          new FailureAccrual.SuccessRate(0.8, Duration.ofSeconds(10), 5),
          true);

  final FakeMesh mesh = new FakeMesh();

  void update(
      int endpoints,
      Algorithm algorithm,
      @Nullable OutlierPolicy outliers,
      @Nullable FailureAccrual accrual,
      HashPolicy... hash) {
    update(endpoints, algorithm, outliers, accrual, TestRoute.any().hash(hash));
  }

  void update(
      int endpoints,
      Algorithm algorithm,
      @Nullable OutlierPolicy outliers,
      @Nullable FailureAccrual accrual,
      TestRoute route) {
    String name = Snapshots.clusterName("orders", 80);
    Cluster plain =
        Snapshots.cluster(
            name,
            "orders",
            Snapshots.local(
                IntStream.rangeClosed(1, endpoints)
                    .mapToObj(port -> Snapshots.endpoint("10.0.0.1", port))
                    .toArray(Endpoint[]::new)));
    mesh.update(
        Snapshots.builder()
            .routes("orders", 80, route.to(name))
            .cluster(
                new Cluster(
                    plain.name(),
                    plain.service(),
                    plain.localities(),
                    plain.overprovisioning(),
                    plain.drops(),
                    new BalancerPolicy(algorithm, false, 0, null),
                    plain.connectTimeout(),
                    plain.protocol(),
                    plain.breakers(),
                    outliers,
                    null,
                    accrual,
                    null,
                    ConnectionPolicy.DEFAULT)));
  }

  FakeTransport call(RequestHead head, Consumer<Attempt> script) {
    FakeTransport transport = mesh.transport().script(script);
    mesh.start(head, transport);
    return transport;
  }

  FakeTransport get(Consumer<Attempt> script) {
    return call(FakeRequest.get("orders", "/"), script);
  }

  static Consumer<Attempt> onPort(int port, Consumer<Attempt> script, Consumer<Attempt> others) {
    return attempt ->
        (attempt.endpoint().address().getPort() == port ? script : others).accept(attempt);
  }

  static Consumer<Attempt> grpc(int status) {
    return attempt -> {
      attempt.sent();
      attempt.requestEnd();
      attempt.head(FakeResponse.http(200));
      attempt.end(status, FakeHeaders.of());
    };
  }

  Set<Integer> used(Consumer<Attempt> script) {
    Map<Integer, Integer> ports = new TreeMap<>();
    for (int i = 0; i < 60; i++) {
      get(script).ports().forEach(port -> ports.merge(port, 1, Integer::sum));
    }
    return ports.keySet();
  }

  static void answerTo(FakeTransport transport, int status) {
    transport.attempt().head(FakeResponse.http(status));
    transport.attempt().end(ResponseHead.NO_GRPC_STATUS, null);
  }
}
