package io.inmesh.model;

import org.jspecify.annotations.Nullable;

/**
 * Changes of path and authority before sending; at most one path change is set.
 *
 * @param prefix replaces the matched prefix
 * @param path replaces the whole path (query kept)
 * @param regex RE2 pattern replaced by {@code substitution}
 * @param substitution for {@code regex}, with {@code \1} references
 * @param host the new authority
 */
public record Rewrite(
    @Nullable String prefix,
    @Nullable String path,
    @Nullable String regex,
    @Nullable String substitution,
    @Nullable String host) {
  /** No change. */
  public static final Rewrite NONE = new Rewrite(null, null, null, null, null);
}
