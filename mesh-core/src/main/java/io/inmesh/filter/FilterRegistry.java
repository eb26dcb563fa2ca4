package io.inmesh.filter;

import io.inmesh.model.FilterConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** The filter types a process has, and the compiler of chains. Immutable. */
public final class FilterRegistry {
  private final Map<String, FilterFactory> factories = new HashMap<>();

  /**
   * Of these types.
   *
   * @throws IllegalArgumentException if two have the same
   */
  public FilterRegistry(List<FilterFactory> factories) {
    for (FilterFactory factory : factories) {
      if (this.factories.put(factory.typeUrl(), factory) != null) {
        throw new IllegalArgumentException("two filters for type '" + factory.typeUrl() + "'");
      }
    }
  }

  /** The types there are. */
  public Set<String> types() {
    return Set.copyOf(factories.keySet());
  }

  /** Whether a type is known: one that is not is rejected, unless it is configured as optional. */
  public boolean knows(String typeUrl) {
    return factories.containsKey(typeUrl);
  }

  /**
   * Compiles a chain.
   *
   * @param configs of the listener, in order
   * @param last runs after them, nearest to the network or handler; null: none
   * @param overrides by filter name, the most specific level first; the first level that names a
   *     filter replaces its settings whole
   * @throws IllegalArgumentException naming the filter that is wrong or unknown
   */
  public FilterChain compile(
      Side side,
      List<FilterConfig> configs,
      @Nullable MeshFilter last,
      List<Map<String, FilterConfig>> overrides) {
    return compile(
        side, configs, last, overrides, (factory, config) -> factory.create(config, side));
  }

  /** As above, with filters from somewhere. */
  FilterChain compile(
      Side side,
      List<FilterConfig> configs,
      @Nullable MeshFilter last,
      List<Map<String, FilterConfig>> overrides,
      BiFunction<FilterFactory, FilterConfig, MeshFilter> maker) {
    if (configs.isEmpty() && last == null) {
      return FilterChain.EMPTY;
    }
    List<String> names = new ArrayList<>();
    List<MeshFilter> filters = new ArrayList<>();
    for (FilterConfig config : configs) {
      FilterConfig override = override(config.name(), overrides);
      if (override == null ? config.disabled() : override.disabled()) {
        continue;
      }
      FilterFactory factory = factories.get(config.typeUrl());
      if (factory == null) {
        throw new IllegalArgumentException(
            "filter '" + config.name() + "': type '" + config.typeUrl() + "' is not known");
      }
      if (factory.serves(side)) {
        names.add(config.name());
        filters.add(create(factory, config, override, maker));
      }
    }
    if (last != null) {
      names.add("headers");
      filters.add(last);
    }
    return filters.isEmpty() ? FilterChain.EMPTY : new FilterChain(names, filters);
  }

  private static MeshFilter create(
      FilterFactory factory,
      FilterConfig config,
      @Nullable FilterConfig override,
      BiFunction<FilterFactory, FilterConfig, MeshFilter> maker) {
    try {
      Object settings =
          override == null
              ? config.settings()
              : factory.merged(config.settings(), override.settings());
      return maker.apply(
          factory, new FilterConfig(config.name(), config.typeUrl(), false, settings));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("filter '" + config.name() + "': " + e.getMessage(), e);
    }
  }

  /**
   * What is configured for filters of a type that is no part of chains; null: nothing, or it is
   * switched off.
   *
   * @param configs of the listener, of which the first of the type counts
   * @param overrides by filter name, the most specific level first
   */
  public static @Nullable FilterConfig inForce(
      String typeUrl, List<FilterConfig> configs, List<Map<String, FilterConfig>> overrides) {
    for (FilterConfig config : configs) {
      if (config.typeUrl().equals(typeUrl)) {
        FilterConfig override = override(config.name(), overrides);
        FilterConfig found = override == null ? config : override;
        return found.disabled() ? null : found;
      }
    }
    return null;
  }

  private static @Nullable FilterConfig override(
      String name, List<Map<String, FilterConfig>> overrides) {
    for (Map<String, FilterConfig> level : overrides) {
      FilterConfig override = level.get(name);
      if (override != null) {
        return override;
      }
    }
    return null;
  }
}
