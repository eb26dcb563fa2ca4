package io.inmesh.call.engine;

import io.inmesh.model.HedgePolicy;
import io.inmesh.model.Route;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.VirtualHost;
import io.inmesh.resilience.HedgeRules;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The hedging of one listener's routes: a route that takes the same requests and hedges them by the
 * same policy keeps its latencies and budget from one configuration to the next. Confined to the
 * control loop.
 */
final class HedgePool {
  private record Key(String host, RouteMatch match, HedgePolicy policy) {}

  private final Map<Key, HedgeRules> before;
  private final Map<Key, HedgeRules> rules = new HashMap<>();

  /**
   * An empty pool.
   *
   * @param before of the configuration that this one follows; null: there was none
   */
  HedgePool(@Nullable HedgePool before) {
    this.before = before == null ? Map.of() : before.rules;
  }

  /** The rules of a route of a virtual host. */
  HedgeRules rules(VirtualHost host, Route route, HedgePolicy policy) {
    return rules.computeIfAbsent(
        new Key(host.name(), route.match(), policy),
        key -> {
          HedgeRules kept = before.get(key);
          return kept == null ? new HedgeRules(policy) : kept;
        });
  }
}
