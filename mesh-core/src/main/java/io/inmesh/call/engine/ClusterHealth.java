package io.inmesh.call.engine;

import io.inmesh.balance.ActiveHealth;
import io.inmesh.balance.Detector;
import io.inmesh.balance.FailureBreaker;
import io.inmesh.balance.HealthListener;
import io.inmesh.balance.OutlierDetector;
import io.inmesh.balance.Probes;
import io.inmesh.balance.RefreshedPicker;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.telemetry.CallMetrics;
import io.inmesh.telemetry.Edge;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is found out about the hosts of one cluster while it runs, for as long as the cluster
 * exists: outliers, broken hosts, answers to probes, reported load. Balances the newest
 * configuration anew when it matters. Confined to the control loop, but for what requests report to
 * the detectors.
 */
final class ClusterHealth implements HealthListener {
  final OutlierDetector outliers;
  final FailureBreaker breaker;
  private final @Nullable ActiveHealth active;
  private final ControlLoop loop;
  private final CallMetrics metrics;
  private @Nullable ClusterRuntime current;
  private @Nullable Edge edge;
  private Cancellable refresh = Cancellable.NONE;

  /**
   * Of a new cluster.
   *
   * @param probes null: this process does not probe
   */
  ClusterHealth(ControlLoop loop, Randomness random, CallMetrics metrics, @Nullable Probes probes) {
    this.loop = loop;
    this.metrics = metrics;
    this.outliers = new OutlierDetector(loop, random, this);
    this.breaker = new FailureBreaker(loop, random, this);
    this.active = probes == null ? null : new ActiveHealth(loop, random, probes, outliers, this);
  }

  /** The cluster has a new configuration, which is in force from now on. */
  void follow(ClusterRuntime runtime) {
    current = runtime;
    edge = runtime.edge(null);
    long out = out(runtime);
    outliers.watch(runtime.model.outliers(), runtime.states());
    breaker.watch(runtime.model.accrual(), runtime.states());
    if (active != null) {
      active.watch(runtime.model, runtime.balancer().members());
    }
    if (out(runtime) < out) {
      // What took hosts out is not asked for any more; the balancer was made when it was.
      changed();
    }
    armRefresh(runtime);
  }

  private static long out(ClusterRuntime runtime) {
    return runtime.states().stream().filter(state -> !state.usable()).count();
  }

  /** The cluster is gone. */
  void close() {
    outliers.close();
    breaker.watch(null, List.of());
    if (active != null) {
      active.close();
    }
    refresh.cancel();
    current = null;
  }

  private void armRefresh(ClusterRuntime runtime) {
    refresh.cancel();
    long period = Long.MAX_VALUE;
    for (RefreshedPicker picker : runtime.balancer().refreshed()) {
      period = Math.min(period, picker.refreshNanos());
    }
    if (period != Long.MAX_VALUE) {
      refresh =
          loop.schedule(
              period,
              () -> {
                long now = loop.clock().nanoTime();
                runtime.balancer().refreshed().forEach(picker -> picker.refresh(now));
                armRefresh(runtime);
              });
    }
  }

  @Override
  public void changed() {
    if (current != null) {
      current.rebalance();
      armRefresh(current);
    }
  }

  @Override
  public void detected(Detector by, boolean enforced) {
    if (edge != null) {
      metrics.outlier(edge, by.text(), enforced ? "ejected" : "detected");
    }
  }

  @Override
  public void overflow() {
    if (edge != null) {
      metrics.outlier(edge, "any", "overflow");
    }
  }

  @Override
  public void ejections(int change) {
    if (edge != null && change != 0) {
      metrics.ejected(edge, change);
    }
  }
}
