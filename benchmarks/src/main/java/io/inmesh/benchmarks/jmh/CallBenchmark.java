package io.inmesh.benchmarks.jmh;

import io.inmesh.call.CallOptions;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.testing.AnsweringTransport;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * A whole call through the engine without a network: begin, route, pick, finish. Several services
 * with different balancers are in use at once, so that the call sites are as megamorphic as in a
 * real process.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CallBenchmark {
  private static final List<Algorithm> ALGORITHMS =
      List.of(
          new Algorithm.LeastRequest(2, 1.0),
          new Algorithm.RoundRobin(),
          new Algorithm.Random(),
          new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null));

  /** Endpoints of each service. */
  @Param({"10", "1000"})
  public int endpoints;

  /** Routes of each service; the request matches one in the middle. */
  @Param({"1", "100"})
  public int routes;

  private final MeshEngine engine =
      MeshEngine.builder(EngineSettings.insecure("web", "default")).build();
  private final RequestHead[] requests = new RequestHead[16];

  /** Installs four services. */
  @Setup
  public void configure() {
    Snapshots snapshots = Snapshots.builder();
    for (int s = 0; s < ALGORITHMS.size(); s++) {
      add(snapshots, s);
    }
    engine.update(snapshots.build());
    for (int i = 0; i < requests.length; i++) {
      requests[i] =
          FakeRequest.get(
              "service" + i % ALGORITHMS.size(),
              "/api/v1/resource" + routes / 2 + "/item42",
              "accept",
              "application/json",
              "user-agent",
              "benchmark");
    }
  }

  private void add(Snapshots snapshots, int s) {
    String service = "service" + s;
    Endpoint[] hosts = new Endpoint[endpoints];
    for (int i = 0; i < endpoints; i++) {
      hosts[i] = Snapshots.endpoint("10." + s + "." + (i >> 8) + "." + (i & 255), 8080);
    }
    snapshots.add(service, hosts);
    Cluster plain =
        Snapshots.cluster(Snapshots.clusterName(service, 80), service, Snapshots.local(hosts));
    snapshots.cluster(
        Clusters.balanced(plain, new BalancerPolicy(ALGORITHMS.get(s), false, 50, null)));
    TestRoute[] built = new TestRoute[routes];
    for (int r = 0; r < routes; r++) {
      built[r] = TestRoute.prefix("/api/v1/resource" + r + "/").to(plain.name());
    }
    snapshots.routes(service, 80, built);
  }

  /** Each thread answers its calls at once. */
  @State(Scope.Thread)
  public static class Caller {
    final AnsweringTransport transport = new AnsweringTransport();
    int next;
  }

  /** One call from its beginning to the end of its response. */
  @Benchmark
  public int call(Caller caller) {
    OutboundCall call =
        engine.begin(requests[caller.next++ & 15], CallOptions.DEFAULT, caller.transport);
    call.start();
    return caller.transport.delivered();
  }
}
