package io.inmesh.filter;

import io.inmesh.model.FilterConfig;

/** Makes the filters of one type. Thread-safe. */
public interface FilterFactory {
  /** The type of configuration it understands. */
  String typeUrl();

  /** Whether it has anything to do on a side; where not, the configured filter is passed over. */
  default boolean serves(Side side) {
    return true;
  }

  /**
   * A filter for a route.
   *
   * @param config name and settings, the most specific override's if there is one
   * @throws IllegalArgumentException saying what is wrong in the settings and what is expected
   */
  MeshFilter create(FilterConfig config, Side side);
}
