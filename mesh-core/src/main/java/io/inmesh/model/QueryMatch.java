package io.inmesh.model;

import org.jspecify.annotations.Nullable;

/**
 * A condition on one query parameter; of repeated parameters the first counts.
 *
 * @param name case-sensitive
 * @param match what its decoded value must satisfy; null: it only has to be there
 */
public record QueryMatch(String name, @Nullable StringMatch match) {}
