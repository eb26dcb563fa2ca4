package io.inmesh.filter;

import io.inmesh.model.FilterConfig;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The filters of one listener: routes with the same settings share one filter, and so its counters
 * and buckets; settings that stay the same keep theirs from one configuration to the next. Confined
 * to the control loop.
 */
public final class FilterPool {
  private record Key(String name, Object settings) {}

  private final FilterRegistry registry;
  private final Side side;
  private final @Nullable Map<Key, MeshFilter> before;
  private final IdentityHashMap<Object, MeshFilter> bySettings = new IdentityHashMap<>();
  private final Map<Key, MeshFilter> byValue = new HashMap<>();

  /**
   * An empty pool.
   *
   * @param before of the configuration that this one follows; null: there was none
   */
  public FilterPool(FilterRegistry registry, Side side, @Nullable FilterPool before) {
    this.registry = registry;
    this.side = side;
    this.before = before == null ? null : new HashMap<>(before.byValue);
  }

  /** As {@link FilterRegistry#compile}, with shared filters. */
  public FilterChain compile(
      List<FilterConfig> configs,
      @Nullable MeshFilter last,
      List<Map<String, FilterConfig>> overrides) {
    return registry.compile(side, configs, last, overrides, this::filter);
  }

  private MeshFilter filter(FilterFactory factory, FilterConfig config) {
    MeshFilter known = bySettings.get(config.settings());
    if (known != null) {
      return known;
    }
    Key key = new Key(config.name(), config.settings());
    MeshFilter kept = before == null ? null : before.remove(key);
    MeshFilter filter = kept == null ? factory.create(config, side) : kept;
    bySettings.put(config.settings(), filter);
    byValue.putIfAbsent(key, filter);
    return filter;
  }
}
