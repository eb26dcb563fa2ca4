package io.inmesh.balance;

import io.inmesh.control.Randomness;
import io.inmesh.model.BalancerPolicy;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a host of one cluster: priority by {@link PriorityLoad}, then locality, then the
 * algorithm's picker. Immutable; made anew when endpoints or their health change.
 */
public final class ClusterBalancer {
  private final PriorityLoad load;
  private final LocalityChoice[] healthy;
  private final LocalityChoice[] degraded;
  private final LocalityChoice[] all;
  private final boolean firstTakesAll;
  private final HostSet members;
  private final BalancerPolicy policy;
  private final Map<HostSet, EndpointPicker> pickers;

  ClusterBalancer(
      PriorityLoad load,
      LocalityChoice[] healthy,
      LocalityChoice[] degraded,
      LocalityChoice[] all,
      HostSet members,
      BalancerPolicy policy,
      Map<HostSet, EndpointPicker> pickers) {
    this.load = load;
    this.healthy = healthy;
    this.degraded = degraded;
    this.all = all;
    this.members = members;
    this.policy = policy;
    this.pickers = Map.copyOf(pickers);
    this.firstTakesAll = load.levels() > 0 && load.healthy(0) == 100;
  }

  /** Whether there is no host that any request could be sent to. */
  public boolean isEmpty() {
    for (int p = 0; p < load.levels(); p++) {
      if (!choice(p, false).isEmpty() || !degraded[p].isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** What it was compiled from. */
  BalancerPolicy policy() {
    return policy;
  }

  /** Whether a request is meant for one host, which is worth waiting for. */
  public boolean hashes() {
    return policy.algorithm().hashes();
  }

  /** Whether a host it may choose passes a test. */
  public boolean offers(Predicate<Host> test) {
    for (HostSet hosts : pickers.keySet()) {
      for (int i = 0; i < hosts.size(); i++) {
        if (test.test(hosts.get(i))) {
          return true;
        }
      }
    }
    return false;
  }

  /** The pickers in use, for the next balancer. */
  Map<HostSet, EndpointPicker> pickers() {
    return pickers;
  }

  /** The pickers in use that want to be refreshed. */
  public List<RefreshedPicker> refreshed() {
    return pickers.values().stream()
        .filter(RefreshedPicker.class::isInstance)
        .map(RefreshedPicker.class::cast)
        .toList();
  }

  /** Hosts of any health. */
  public int size() {
    return members.size();
  }

  /** Its hosts, of any health; with subsets only those of this process's. */
  public HostSet members() {
    return members;
  }

  /** Whether a priority is in panic: its hosts are used whatever their health. */
  public boolean panic(int priority) {
    return load.panic(priority);
  }

  /**
   * The host for a request; null if it admits none.
   *
   * @param anyPriority whether other priorities are asked when the one that was drawn has no host
   *     that the request admits
   */
  public @Nullable Host pick(PickRequest request, boolean anyPriority) {
    if (load.levels() == 0) {
      return null;
    }
    Randomness random = request.random();
    int drawn = firstTakesAll ? 0 : draw(request, random);
    boolean drawnDegraded = drawn < 0;
    int priority = drawnDegraded ? ~drawn : drawn;
    Host host = choice(priority, drawnDegraded).pick(request, random);
    if (host != null || !anyPriority) {
      return host;
    }
    for (int p = 0; p < load.levels(); p++) {
      host = choice(p, false).pick(request, random);
      if (host == null && !load.panic(p)) {
        host = degraded[p].pick(request, random);
      }
      if (host != null) {
        return host;
      }
    }
    return null;
  }

  private LocalityChoice choice(int priority, boolean fromDegraded) {
    if (load.panic(priority)) {
      return all[priority];
    }
    return fromDegraded ? degraded[priority] : healthy[priority];
  }

  /** A priority, complemented when its degraded hosts were drawn. */
  private int draw(PickRequest request, Randomness random) {
    int point =
        request.hashed() ? (int) Long.remainderUnsigned(request.hash(), 100) : random.nextInt(100);
    for (int p = 0; p < load.levels(); p++) {
      point -= load.healthy(p);
      if (point < 0) {
        return p;
      }
    }
    for (int p = 0; p < load.levels(); p++) {
      point -= load.degraded(p);
      if (point < 0) {
        return ~p;
      }
    }
    return 0;
  }
}
