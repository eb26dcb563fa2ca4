package io.inmesh.server.config;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One valid object of the configuration.
 *
 * @param key its kind, namespace and name
 * @param labels {@code metadata.labels}
 * @param annotations {@code metadata.annotations}
 * @param creationTimestamp when it was created; files usually do not say, and an absent time sorts
 *     after any present one
 * @param provenance where the object begins
 * @param spec its typed content
 * @param canonical the object as JSON with sorted keys, without {@code status} and positions; equal
 *     texts mean equal configuration
 * @param <S> the type of the content
 */
public record Resource<S extends Spec>(
    ResourceKey key,
    Map<String, String> labels,
    Map<String, String> annotations,
    @Nullable Instant creationTimestamp,
    Provenance provenance,
    S spec,
    String canonical) {

  /** Copies the maps. */
  public Resource {
    labels = Map.copyOf(labels);
    annotations = Map.copyOf(annotations);
  }

  /** An object that was not read from a file, for example an implicit service. */
  public static <S extends Spec> Resource<S> of(ResourceKey key, S spec) {
    return new Resource<>(
        key, Map.of(), Map.of(), null, Provenance.UNKNOWN, spec, key + " " + spec);
  }
}
