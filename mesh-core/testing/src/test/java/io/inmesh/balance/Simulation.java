package io.inmesh.balance;

import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Snapshots;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A client, a balancer and some servers with queues, in virtual time: requests come at random (a
 * Poisson process), each takes an exponentially distributed time of one of a server's workers.
 * Always gives the same numbers for the same seed.
 */
final class Simulation implements HealthListener {
  static final int SERVERS = 10;
  static final int RATE = 500;
  private static final int WORKERS = 8;
  private static final double MEAN_MILLIS = 50;
  private static final double DECAY_NANOS = 10e9;
  private static final long MILLIS = 1_000_000L;

  /** What a balancer does is judged by these. */
  record Result(double p50, double p99, double p999, double failedPercent, double worstShare) {}

  /** One server. */
  final class Server {
    final Host host;
    final Deque<Call> queue = new ArrayDeque<>();
    int busy;

    /** How many times slower than usual. */
    double slowness = 1;

    /** Connections are refused. */
    boolean dead;

    /** Answers 503 at once. */
    boolean failing;

    /** Nothing happens before. */
    long pausedUntil;

    int served;

    // What it reports: requests and errors of the last whole second.
    private long secondBegan;
    private int answeredNow;
    private int failedNow;
    private double answeredPerSecond;
    private double failedPerSecond;

    Server(Host host) {
      this.host = host;
    }

    void accept(Call call) {
      served++;
      if (dead) {
        clock.schedule(MILLIS, () -> refused(call));
      } else if (failing) {
        clock.schedule(MILLIS, () -> answered(call, false));
      } else if (busy < WORKERS) {
        work(call);
      } else {
        queue.add(call);
      }
    }

    private void work(Call call) {
      busy++;
      double millis = -Math.log1p(-random.nextDouble()) * MEAN_MILLIS * slowness;
      clock.schedule((long) (millis * MILLIS), () -> done(call));
    }

    private void done(Call call) {
      long pause = pausedUntil - clock.nanoTime();
      if (pause > 0) {
        clock.schedule(pause, () -> done(call));
        return;
      }
      busy--;
      answered(call, true);
      Call next = queue.poll();
      if (next != null) {
        work(next);
      }
    }

    /** Reports its load with an answer. */
    private void report(boolean ok) {
      long now = clock.nanoTime();
      if (now - secondBegan >= 1_000 * MILLIS) {
        double seconds = (now - secondBegan) / 1e9;
        answeredPerSecond = answeredNow / seconds;
        failedPerSecond = failedNow / seconds;
        answeredNow = 0;
        failedNow = 0;
        secondBegan = now;
      }
      answeredNow++;
      failedNow += ok ? 0 : 1;
      host.state()
          .reportedLoad()
          .report(answeredPerSecond, failedPerSecond, (double) busy / WORKERS, 1, now);
    }

    /** It goes away, and those it serves fail. */
    void restart() {
      queue.forEach(call -> answered(call, false));
      queue.clear();
    }
  }

  /** One request. */
  static final class Call {
    final long began;
    @Nullable Server server;
    boolean retried;

    Call(long began) {
      this.began = began;
    }
  }

  final ManualClock clock = new ManualClock();
  final Randomness random = FakeMesh.seeded(7);
  final List<Server> servers = new ArrayList<>();
  private final BalancerPolicy policy;
  private final BalancerCompiler compiler = new BalancerCompiler(new BuiltInPickers(), 0);
  private final Cluster cluster;
  private final OutlierDetector outliers = new OutlierDetector(clock, random, this);
  private final long penaltyNanos;
  private ClusterBalancer balancer;
  private final List<Double> latencies = new ArrayList<>();
  private int failed;

  Simulation(BalancerPolicy policy, @Nullable OutlierPolicy outlierPolicy) {
    this.policy = policy;
    clock.advanceMillis(3_600_000);
    cluster =
        Snapshots.cluster(
            "c",
            "s",
            Snapshots.local(
                Hosts.equal(SERVERS).stream().map(Host::endpoint).toArray(Endpoint[]::new)));
    for (Host host : Hosts.equal(SERVERS)) {
      servers.add(new Server(host));
    }
    penaltyNanos =
        policy.algorithm() instanceof BalancerPolicy.Algorithm.PeakEwma ewma
                && ewma.failurePenalty() != null
            ? ewma.failurePenalty().toNanos()
            : 0;
    outliers.watch(outlierPolicy, servers.stream().map(s -> s.host.state()).toList());
    balancer = compile(null);
  }

  private ClusterBalancer compile(@Nullable ClusterBalancer before) {
    return compiler.compile(
        cluster,
        new HostTable(
                cluster.localities(), address -> servers.get(address.getPort() - 1).host.state())
            .complete(),
        new PickerFactory.Setting(policy, clock, random),
        before);
  }

  /** Runs for so many seconds; the first ten are not counted. */
  Result run(int seconds) {
    long end = clock.nanoTime() + seconds * 1_000L * MILLIS;
    arrive(end);
    refresh();
    clock.advanceMillis(10_000);
    latencies.clear();
    failed = 0;
    servers.forEach(server -> server.served = 0);
    clock.advanceNanos(end - clock.nanoTime());
    double[] sorted = latencies.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int requests = sorted.length + failed;
    int most = servers.stream().mapToInt(server -> server.served).max().orElseThrow();
    return new Result(
        percentile(sorted, 50),
        percentile(sorted, 99),
        percentile(sorted, 99.9),
        100.0 * failed / requests,
        (double) most * SERVERS / requests);
  }

  private static double percentile(double[] sorted, double percent) {
    return sorted[Math.min(sorted.length - 1, (int) (sorted.length * percent / 100))];
  }

  /** What the engine does once a second for balancers that compute weights. */
  private void refresh() {
    if (policy.algorithm() instanceof BalancerPolicy.Algorithm.Utilization) {
      balancer.refreshed().forEach(picker -> picker.refresh(clock.nanoTime()));
      clock.schedule(1_000 * MILLIS, this::refresh);
    }
  }

  private void arrive(long end) {
    long gap = (long) (-Math.log1p(-random.nextDouble()) * 1e9 / RATE);
    if (clock.nanoTime() + gap < end) {
      clock.schedule(
          gap,
          () -> {
            send(new Call(clock.nanoTime()));
            arrive(end);
          });
    }
  }

  private void send(Call call) {
    Server before = call.server;
    PickRequest fresh =
        Hosts.request(
            random,
            policy.algorithm().hashes() ? random.nextLong() : null,
            host ->
                !host.state().avoided(clock.nanoTime())
                    && (before == null || host.state() != before.host.state()));
    Host host = balancer.pick(fresh, true);
    if (host == null) {
      failed++;
      return;
    }
    Server server = servers.get(Hosts.port(host) - 1);
    call.server = server;
    server.host.state().taken();
    server.accept(call);
  }

  /** Nobody was reached: tried once more elsewhere, as the engine does. */
  private void refused(Call call) {
    Server server = over(call);
    server.host.state().unreachable(clock.nanoTime());
    outliers.failedLocally(server.host.state(), false);
    if (call.retried) {
      failed++;
    } else {
      call.retried = true;
      send(call);
    }
  }

  private void answered(Call call, boolean ok) {
    Server server = over(call);
    long now = clock.nanoTime();
    long took = now - call.began;
    server.host.state().reachable();
    server.report(ok);
    server
        .host
        .state()
        .roundTripTime()
        .add(ok ? took : Math.max(took, penaltyNanos), now, DECAY_NANOS);
    outliers.responded(server.host.state(), ok ? 200 : 503);
    if (ok) {
      latencies.add((double) took / MILLIS);
    } else {
      failed++;
    }
  }

  private static Server over(Call call) {
    Server server = Objects.requireNonNull(call.server);
    server.host.state().released();
    return server;
  }

  /** The server is new: nothing is known about it. */
  void renewed(Server server) {
    server.host.state().healthyAgain(clock.nanoTime());
    changed();
  }

  @Override
  public void changed() {
    balancer = compile(null);
  }

  @Override
  public void detected(Detector by, boolean enforced) {}

  @Override
  public void overflow() {}

  @Override
  public void ejections(int change) {}
}
