package io.inmesh.benchmarks.jmh;

import io.inmesh.control.Randomness;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.HeaderMatch;
import io.inmesh.model.PathMatch;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.StringMatch;
import io.inmesh.model.VirtualHost;
import io.inmesh.route.RouteTable;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.TestRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Finding the route of a request: how it grows with the number of routes, by kind of match. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RouteMatchBenchmark {
  /** What the routes look at. */
  public enum Kind {
    /** {@code /api/v1/resource17}, exact. */
    EXACT,
    /** {@code /api/v1/resource17/…}. */
    PREFIX,
    /** One path, told apart by a header. */
    HEADER,
    /** A regular expression for each path. */
    REGEX
  }

  /** How many routes the table has. */
  @Param({"1", "100", "10000"})
  public int routes;

  /** What they look at. */
  @Param public Kind kind = Kind.EXACT;

  private final FakeRequest[] requests = new FakeRequest[64];
  private RouteTable<Integer> table = new RouteTable<>(config(List.of()), (host, route) -> 0);
  private int next;

  private static RouteConfig config(List<TestRoute> routes) {
    return new RouteConfig(
        "benchmark",
        List.of(
            new VirtualHost(
                "orders",
                List.of("*"),
                routes.stream().map(TestRoute::build).toList(),
                HeaderChanges.NONE,
                Map.of(),
                null,
                List.of(),
                true)),
        HeaderChanges.NONE,
        Map.of(),
        List.of());
  }

  /** Compiles the table; requests hit routes all over it. */
  @Setup
  public void compile() {
    List<TestRoute> built = new ArrayList<>();
    for (int i = 0; i < routes; i++) {
      built.add(route(i).to("cluster" + i % 10));
    }
    table = new RouteTable<>(config(built), (host, route) -> 1);
    for (int i = 0; i < requests.length; i++) {
      requests[i] = request((int) ((long) i * routes / requests.length));
    }
  }

  private TestRoute route(int i) {
    return switch (kind) {
      case EXACT -> TestRoute.exact("/api/v1/resource" + i);
      case PREFIX -> TestRoute.prefix("/api/v1/resource" + i + "/");
      case HEADER ->
          TestRoute.prefix("/api/")
              .header(
                  new HeaderMatch(
                      "x-tenant",
                      new HeaderMatch.Test.Value(new StringMatch.Exact("tenant" + i, false)),
                      false,
                      false));
      case REGEX -> TestRoute.on(new PathMatch.Regex("/api/v1/resource" + i + "/[a-z0-9]+"));
    };
  }

  private FakeRequest request(int i) {
    String path = "/api/v1/resource" + i + (kind == Kind.EXACT ? "" : "/item42");
    return FakeRequest.get("orders", path, "accept", "*/*", "x-tenant", "tenant" + i);
  }

  /** Finds the route of the next request. */
  @Benchmark
  public @Nullable Integer find() {
    return table.find(requests[next++ & 63], Randomness.SYSTEM);
  }
}
