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
   * The settings that a more specific level's make of a listener's: by default they replace them.
   *
   * @throws IllegalArgumentException saying what does not fit together
   */
  default Object merged(Object settings, Object override) {
    return override;
  }

  /**
   * A filter for a route.
   *
   * @param config name and settings, the most specific override's if there is one
   * @throws IllegalArgumentException saying what is wrong in the settings and what is expected
   */
  MeshFilter create(FilterConfig config, Side side);
}
