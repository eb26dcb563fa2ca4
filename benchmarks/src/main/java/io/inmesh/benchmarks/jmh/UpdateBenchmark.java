package io.inmesh.benchmarks.jmh;

import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.testing.Snapshots;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What a change of one endpoint costs a process that watches many services. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class UpdateBenchmark {
  /** Watched services. */
  @Param({"1", "100"})
  public int services;

  /** Endpoints of each. */
  @Param({"10", "1000"})
  public int endpoints;

  private final MeshEngine engine =
      MeshEngine.builder(EngineSettings.insecure("web", "default")).build();
  private MeshSnapshot[] alternating = new MeshSnapshot[0];
  private int next;

  /** Two configurations that differ in one endpoint; all else is shared, as the assembler does. */
  @Setup
  public void configure() {
    Snapshots snapshots = Snapshots.builder();
    for (int s = 0; s < services; s++) {
      snapshots.add("service" + s, hosts(s, endpoints));
    }
    MeshSnapshot full = snapshots.build();
    MeshSnapshot less = snapshots.add("service0", hosts(0, endpoints - 1)).build();
    alternating = new MeshSnapshot[] {full, less};
    engine.update(full);
  }

  private static Endpoint[] hosts(int service, int count) {
    Endpoint[] hosts = new Endpoint[count];
    for (int i = 0; i < count; i++) {
      hosts[i] = Snapshots.endpoint("10." + service + "." + (i >> 8) + "." + (i & 255), 8080);
    }
    return hosts;
  }

  /** Puts the other configuration into force. */
  @Benchmark
  public Map<String, String> update() {
    return engine.update(alternating[++next & 1]);
  }
}
