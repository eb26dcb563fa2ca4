package io.inmesh.call;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Header fields, as a transport holds them: a view, not a copy. Names are lower case. Confined to
 * the call.
 */
public interface Headers {
  /** The first value; null if there is none. */
  @Nullable String get(String name);

  /** All values in order; empty if there is none. */
  List<String> all(String name);

  /** Replaces all values by one. */
  void set(String name, String value);

  /** Adds a value after those there are. */
  void add(String name, String value);

  /** Removes all values. */
  void remove(String name);

  /** Visits each value in order. */
  void forEach(Visitor visitor);

  /** Sees one field at a time. */
  @FunctionalInterface
  interface Visitor {
    /** One value of one field. */
    void field(String name, String value);
  }
}
