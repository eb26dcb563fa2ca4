package io.inmesh.balance;

import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.ZoneAware;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the calls of one zone spread over zones, by Envoy's rules: all stay if the zone has no
 * smaller share of the endpoints than of the callers; else as many as it has endpoints for, and the
 * others go where there are more endpoints than callers, in proportion to the surplus. Shares are
 * integers, hundredths of a percent. What Envoy calls a zone is a whole locality.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/zone_aware">Zone
 *     aware routing</a>
 */
final class ZoneShares {
  private static final long ALL = 10_000;

  /** A locality with endpoints, healthy or not. */
  record Zone(Locality locality, int healthy) {}

  private ZoneShares() {}

  /**
   * The shares of the calls of the caller's zone, in the order of the zones; null: it is no matter
   * where they go.
   *
   * @param panicPercent callers of whom fewer are healthy are not counted on
   */
  static double @Nullable [] of(ZoneAware policy, double panicPercent, List<Zone> zones) {
    ZoneAware.Callers callers = policy.callers();
    if (callers == null || zones.size() < 2) {
      return null;
    }
    Map<Locality, Long> calling = healthy(callers);
    if (!calling.containsKey(callers.own())
        || (calling.size() < 2 && !policy.forceLocal())
        || zones.stream().mapToLong(Zone::healthy).sum() < policy.minClusterSize()
        || panic(callers, panicPercent)) {
      return null;
    }
    return shares(callers.own(), policy.forceLocal(), calling, zones);
  }

  /** Whether too few of the callers themselves are healthy. */
  static boolean panic(ZoneAware.Callers callers, double panicPercent) {
    long all = callers.localities().stream().mapToLong(each -> each.endpoints().size()).sum();
    long usable =
        callers.localities().stream()
            .flatMap(each -> each.endpoints().stream())
            .filter(each -> each.health() == Health.HEALTHY || each.health() == Health.DEGRADED)
            .count();
    return all == 0 || 100.0 * usable / all < panicPercent;
  }

  /** How many callers of each locality are healthy; localities without callers are left out. */
  private static Map<Locality, Long> healthy(ZoneAware.Callers callers) {
    Map<Locality, Long> healthy = new HashMap<>();
    for (LocalityEndpoints each : callers.localities()) {
      if (!each.endpoints().isEmpty()) {
        long count =
            each.endpoints().stream().filter(one -> one.health() == Health.HEALTHY).count();
        healthy.merge(each.locality(), count, Long::sum);
      }
    }
    return healthy;
  }

  private static double[] shares(
      Locality own, boolean forceLocal, Map<Locality, Long> calling, List<Zone> zones) {
    long callers = calling.values().stream().mapToLong(Long::longValue).sum();
    long hosts = zones.stream().mapToLong(Zone::healthy).sum();
    double[] shares = new double[zones.size()];
    long[] surplus = new long[zones.size()];
    long allSurplus = 0;
    long stay = 0;
    for (int i = 0; i < shares.length; i++) {
      Zone zone = zones.get(i);
      long of = callers == 0 ? 0 : ALL * calling.getOrDefault(zone.locality(), 0L) / callers;
      long has = hosts == 0 ? 0 : ALL * zone.healthy() / hosts;
      if (!zone.locality().equals(own)) {
        surplus[i] = Math.max(0, has - of);
        allSurplus += surplus[i];
        continue;
      }
      if ((has > 0 && has >= of) || (forceLocal && zone.healthy() > 0)) {
        return only(i, shares.length);
      }
      stay = of == 0 ? 0 : has * ALL / of;
      shares[i] = stay;
    }
    for (int i = 0; i < shares.length; i++) {
      // Rounding may leave no surplus at all: then any zone will do.
      shares[i] +=
          allSurplus == 0
              ? (double) (ALL - stay) / shares.length
              : (double) (ALL - stay) * surplus[i] / allSurplus;
    }
    return shares;
  }

  private static double[] only(int index, int length) {
    double[] shares = new double[length];
    shares[index] = ALL;
    return shares;
  }
}
