package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One object as a file holds it.
 *
 * @param key which object it is; null if that cannot be told
 * @param resource its typed form; null if it has errors or is of a kind that is skipped
 * @param instead what is in force in its place if it has errors and never had none; null: nothing
 * @param findings what is wrong with it
 * @param at where it begins
 */
record ParsedObject(
    @Nullable ResourceKey key,
    @Nullable Resource<?> resource,
    @Nullable Resource<?> instead,
    List<Finding> findings,
    Provenance at) {

  /** Whether it might be any object, so that none may be taken for deleted. */
  boolean unidentified() {
    return key == null && findings.stream().anyMatch(Finding::isError);
  }
}
