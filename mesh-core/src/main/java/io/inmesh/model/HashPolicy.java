package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a request's hash comes from; policies combine in order, a terminal one ends the list. */
public sealed interface HashPolicy {
  /** Whether later policies are skipped once this one gave a hash. */
  boolean terminal();

  /** A header's value, after an optional regex rewrite. */
  record Header(
      String name, @Nullable String regex, @Nullable String substitution, boolean terminal)
      implements HashPolicy {}

  /** A cookie; with a ttl it is set where missing (zero: a session cookie). */
  record Cookie(String name, @Nullable Duration ttl, String path, boolean terminal)
      implements HashPolicy {}

  /** A query parameter. */
  record Query(String name, boolean terminal) implements HashPolicy {}

  /** What the application makes of a request, under this name. */
  record Custom(String name, boolean terminal) implements HashPolicy {}

  /** The caller's address; in process, this process's instance. */
  record Source(boolean terminal) implements HashPolicy {}
}
