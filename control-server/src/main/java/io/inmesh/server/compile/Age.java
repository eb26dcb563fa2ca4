package io.inmesh.server.compile;

import io.inmesh.server.config.Resource;
import java.util.Comparator;

/**
 * Who was first, which decides between equals: the older creation time, an absent one after all
 * present ones, then {@code namespace/name}. Never the time of a file.
 */
final class Age {
  /** The older first. */
  static final Comparator<Resource<?>> OLDEST_FIRST =
      Comparator.<Resource<?>, java.time.Instant>comparing(
              Resource::creationTimestamp, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(r -> r.key().namespace() + "/" + r.key().name());

  private Age() {}
}
