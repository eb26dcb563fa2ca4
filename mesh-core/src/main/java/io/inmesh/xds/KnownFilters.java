package io.inmesh.xds;

import java.util.Set;

/**
 * Which HTTP filters the engine can run besides those that the decoders know themselves.
 *
 * @param typeUrls of filters that applications brought, as named in a {@code TypedStruct}
 */
public record KnownFilters(Set<String> typeUrls) {
  /** Only the built-in ones. */
  public static final KnownFilters NONE = new KnownFilters(Set.of());

  public KnownFilters {
    typeUrls = Set.copyOf(typeUrls);
  }

  boolean contains(String typeUrl) {
    return typeUrls.contains(typeUrl);
  }
}
