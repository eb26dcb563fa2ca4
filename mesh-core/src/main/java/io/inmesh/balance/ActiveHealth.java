package io.inmesh.balance;

import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.model.Cluster;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.HealthCheck.Intervals;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Probes the hosts of one cluster and takes out those that do not work, by Envoy's rules. A host
 * that has not answered yet is used only while no other is known to work, so that the first calls
 * of a process need not wait for probes, and new hosts get none before they pass one. Confined to
 * the control loop.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/health_checking">Health
 *     checking</a>
 */
public final class ActiveHealth {
  private static final System.Logger LOG = System.getLogger(ActiveHealth.class.getName());

  /** A cluster that nobody has called for so long is not probed until somebody does. */
  static final Duration QUIET = Duration.ofHours(1);

  private final ControlLoop loop;
  private final Randomness random;
  private final Probes probes;
  private final OutlierDetector outliers;
  private final HealthListener listener;
  private final Map<InetSocketAddress, ProbedHost> hosts = new LinkedHashMap<>();
  private @Nullable HealthCheck check;
  private String service = "";
  private boolean everCalled;
  private long calledAt;

  /**
   * Nothing to probe yet.
   *
   * @param outliers told of each success, which may end an ejection
   */
  public ActiveHealth(
      ControlLoop loop,
      Randomness random,
      Probes probes,
      OutlierDetector outliers,
      HealthListener listener) {
    this.loop = loop;
    this.random = random;
    this.probes = probes;
    this.outliers = outliers;
    this.listener = listener;
    this.calledAt = loop.clock().nanoTime();
  }

  /**
   * Probes these hosts from now on, if the cluster wants it.
   *
   * @param members hosts that may be called; several with one address are one
   */
  public void watch(Cluster cluster, Iterable<Host> members) {
    HealthCheck now = cluster.healthCheck();
    check = now;
    service = cluster.service();
    Map<InetSocketAddress, ProbeTarget> targets = new HashMap<>();
    Map<InetSocketAddress, ProbedHost> fresh = new LinkedHashMap<>();
    if (now != null) {
      for (Host member : members) {
        InetSocketAddress address = member.endpoint().address();
        if (member.endpoint().probing().disabled() || targets.containsKey(address)) {
          continue;
        }
        ProbeTarget target = ProbeTarget.of(cluster, now, member.endpoint());
        targets.put(address, target);
        if (!hosts.containsKey(address)) {
          fresh.put(address, new ProbedHost(member.state(), target, probes.open(target)));
        }
      }
    }
    hosts.entrySet().removeIf(known -> !keep(known.getValue(), targets.get(known.getKey())));
    hosts.putAll(fresh);
    apply();
    if (now != null) {
      fresh.values().forEach(host -> later(host, upTo(now.intervals().initialJitter())));
    }
  }

  /** Probes nobody any more. */
  public void close() {
    check = null;
    hosts.values().forEach(this::end);
    hosts.clear();
  }

  /** False: the host is not probed any more. */
  private boolean keep(ProbedHost host, @Nullable ProbeTarget target) {
    if (target == null) {
      end(host);
      return false;
    }
    if (!target.equals(host.target)) {
      over(host);
      host.session.close();
      host.target = target;
      host.session = probes.open(target);
      later(host, 0);
    }
    return true;
  }

  private void end(ProbedHost host) {
    over(host);
    host.session.close();
    host.state.health().probed(false, false);
  }

  private void later(ProbedHost host, long nanos) {
    int turn = host.turn;
    if (nanos == 0) {
      probes.begin(() -> ask(host, turn));
    } else {
      host.timer = loop.schedule(nanos, () -> due(host, turn));
    }
  }

  private void due(ProbedHost host, int turn) {
    HealthCheck now = check;
    if (now != null && quiet()) {
      host.forget();
      host.session.close();
      apply();
      later(host, now.intervals().noTraffic().toNanos());
    } else {
      probes.begin(() -> ask(host, turn));
    }
  }

  private void ask(ProbedHost host, int turn) {
    HealthCheck now = check;
    if (now == null || turn != host.turn) {
      probes.over(); // it left while this waited
      return;
    }
    host.asking = true;
    host.timer =
        loop.schedule(
            now.timeout().toNanos(),
            () -> {
              host.session.close();
              answered(host, turn, ProbeAnswer.failed("no answer within " + now.timeout()));
            });
    host.session.ask(answer -> answered(host, turn, answer));
  }

  private void answered(ProbedHost host, int turn, ProbeAnswer answer) {
    if (turn == host.turn) {
      take(host, answer);
    }
  }

  /** The probe that is under way is over, if there is one. */
  private void over(ProbedHost host) {
    host.turn++;
    host.timer.cancel();
    if (host.asking) {
      host.asking = false;
      probes.over();
    }
  }

  private void take(ProbedHost host, ProbeAnswer answer) {
    HealthCheck now = check;
    over(host);
    if (now == null) {
      return;
    }
    ProbedHost.Change change = host.take(answer, now);
    log(host, answer, change, now);
    if (answer.success() && !host.failed()) {
      outliers.probed(host.state.health());
    }
    apply();
    later(
        host,
        jittered(
            now.intervals(),
            ProbedHost.pause(now.intervals(), answer.success(), change, traffic())));
  }

  private void log(ProbedHost host, ProbeAnswer answer, ProbedHost.Change change, HealthCheck now) {
    if (change == ProbedHost.Change.DONE || (now.logFailures() && !answer.success())) {
      LOG.log(
          Level.INFO,
          "{0}: the endpoint {1} is {2}{3}",
          service,
          host.target.address(),
          host.failed() ? "unhealthy" : answer.success() ? "healthy" : "healthy yet",
          answer.success() ? "" : ": " + answer.detail());
    }
  }

  /** Puts what is known into force. */
  private void apply() {
    boolean someWork = hosts.values().stream().anyMatch(host -> host.answered() && !host.failed());
    boolean changed = false;
    for (ProbedHost host : hosts.values()) {
      boolean out = host.answered() ? host.failed() : someWork;
      changed |= host.state.health().probed(out, host.degraded());
    }
    if (changed) {
      listener.changed();
    }
  }

  private boolean traffic() {
    for (ProbedHost host : hosts.values()) {
      if (host.state.calledSinceAsked()) {
        everCalled = true;
        calledAt = loop.clock().nanoTime();
      }
    }
    return everCalled;
  }

  private boolean quiet() {
    boolean unused = traffic();
    return loop.clock().nanoTime() - calledAt >= QUIET.toNanos();
  }

  private long jittered(Intervals times, Duration pause) {
    long share = pause.toNanos() / 100 * times.jitterPercent();
    return pause.toNanos() + upTo(Duration.ofNanos(share)) + upTo(times.jitter());
  }

  private long upTo(Duration bound) {
    return (long) (random.nextDouble() * bound.toNanos());
  }
}
