package io.inmesh.benchmarks.jmh;

import io.inmesh.balance.BuiltInPickers;
import io.inmesh.balance.EndpointPicker;
import io.inmesh.balance.EndpointState;
import io.inmesh.balance.Host;
import io.inmesh.balance.HostSet;
import io.inmesh.balance.PickRequest;
import io.inmesh.balance.PickerFactory;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.testing.Snapshots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

/**
 * One pick by every balancer, over growing sets of hosts that all have a call in flight. Run with
 * {@code -t} 1 to 16 to see what threads cost each other.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PickBenchmark {
  /** The algorithms, with their defaults if nothing else is said. */
  public enum Balancer {
    /** Weighted round robin. */
    ROUND_ROBIN,
    /** Power of two choices. */
    LEAST_REQUEST,
    /** Weighted random. */
    RANDOM,
    /** Peak EWMA. */
    PEAK_EWMA,
    /** The first that answers. */
    PICK_FIRST,
    /** Ketama ring. */
    RING_HASH,
    /** Ketama ring, no host above 125 % of the average load: a pick looks at every host. */
    RING_HASH_BOUNDED,
    /** Maglev table. */
    MAGLEV,
    /** Maglev table, no host above 125 % of the average load: a pick looks at every host. */
    MAGLEV_BOUNDED,
    /** Weights from reported utilisation, which are in force at once. */
    UTILIZATION;

    Algorithm algorithm() {
      return switch (this) {
        case ROUND_ROBIN -> new Algorithm.RoundRobin();
        case LEAST_REQUEST -> new Algorithm.LeastRequest(2, 1.0);
        case RANDOM -> new Algorithm.Random();
        case PEAK_EWMA ->
            new Algorithm.PeakEwma(Duration.ofSeconds(10), Duration.ofMillis(30), null);
        case PICK_FIRST -> new Algorithm.PickFirst(false);
        case RING_HASH -> new Algorithm.RingHash(1024, 8 << 20);
        case RING_HASH_BOUNDED -> new Algorithm.RingHash(1024, 8 << 20, 125);
        case MAGLEV -> new Algorithm.Maglev(65_537);
        case MAGLEV_BOUNDED -> new Algorithm.Maglev(65_537, 125);
        case UTILIZATION ->
            new Algorithm.Utilization(
                false,
                Duration.ofSeconds(10),
                Duration.ZERO,
                Duration.ofMinutes(3),
                Duration.ofSeconds(1),
                1.0);
      };
    }
  }

  /** Admits every host; each thread has its own hash sequence. */
  @State(Scope.Thread)
  public static class Request implements PickRequest {
    private long hash = 0x9E3779B97F4A7C15L;

    @Override
    public boolean admits(Host host) {
      return true;
    }

    @Override
    public boolean hashed() {
      return true;
    }

    @Override
    public long hash() {
      return hash;
    }

    @Override
    public Randomness random() {
      return Randomness.SYSTEM;
    }

    Request next() {
      hash = hash * 0x5851F42D4C957F2DL + 0x14057B7EF767814FL;
      return this;
    }
  }

  /** The rule. */
  @Param public Balancer balancer = Balancer.ROUND_ROBIN;

  /** How many endpoints there are. */
  @Param({"10", "1000", "10000"})
  public int endpoints;

  /** Whether the endpoints' weights differ. */
  @Param("false")
  public boolean weighted;

  private EndpointPicker picker = request -> null;

  /** Builds the set and the picker over it. */
  @Setup
  public void build() {
    List<Host> hosts = new ArrayList<>(endpoints);
    for (int i = 0; i < endpoints; i++) {
      Endpoint endpoint =
          Snapshots.endpoint(
              "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255),
              8080,
              weighted ? 1 + i % 3 : 1,
              Endpoint.Health.HEALTHY);
      EndpointState state = new EndpointState();
      state.taken();
      if (balancer == Balancer.UTILIZATION) {
        state.reportedLoad().report(100, 0, 0.2 + i % 7 * 0.1, 1.0, Clock.SYSTEM.nanoTime());
      }
      hosts.add(new Host(endpoint, Locality.UNKNOWN, 0, state));
    }
    BalancerPolicy policy = new BalancerPolicy(balancer.algorithm(), false, 50, null);
    picker =
        new BuiltInPickers()
            .create(
                new HostSet(hosts),
                new PickerFactory.Setting(policy, Clock.SYSTEM, Randomness.SYSTEM));
  }

  /** Picks. */
  @Benchmark
  public @Nullable Host pick(Request request) {
    return picker.pick(request.next());
  }
}
