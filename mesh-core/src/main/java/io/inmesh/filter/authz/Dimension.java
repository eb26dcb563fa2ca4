package io.inmesh.filter.authz;

import io.inmesh.model.AccessMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One kind of keys under which policies can be filed: what each policy cannot match without.
 * Confined to the making of an index.
 */
final class Dimension<K> {
  /** The key a single condition needs. */
  @FunctionalInterface
  interface Leaf<K> {
    /** Null: it does not depend on such a key. */
    @Nullable K key(AccessMatch match);
  }

  /** A policy under one of its keys. */
  record Filed<K>(K key, int policy) {}

  /** By policy; null: it can match whatever the key is. */
  private final List<@Nullable Set<K>> keys = new ArrayList<>();

  private final Map<K, Integer> uses = new HashMap<>();
  private final List<Filed<K>> filed = new ArrayList<>();

  Dimension(List<AccessMatch> policies, Leaf<K> leaf) {
    for (AccessMatch policy : policies) {
      Set<K> needed = needed(policy, leaf);
      keys.add(needed);
      if (needed != null) {
        needed.forEach(key -> uses.merge(key, 1, Integer::sum));
      }
    }
  }

  /** How many policies a request under one of its keys leads to at most; 0: it never matches. */
  int share(int policy) {
    Set<K> needed = keys.get(policy);
    return needed == null
        ? Integer.MAX_VALUE
        : needed.stream().mapToInt(key -> uses.getOrDefault(key, 0)).max().orElse(0);
  }

  boolean file(int policy) {
    Set<K> needed = keys.get(policy);
    if (needed == null) {
      return false;
    }
    needed.forEach(key -> filed.add(new Filed<>(key, policy)));
    return true;
  }

  /** By ascending policy. */
  List<Filed<K>> inOrder() {
    return filed;
  }

  /** The keys of which one must be there for a match; null: it does not depend on them. */
  private static <K> @Nullable Set<K> needed(AccessMatch match, Leaf<K> leaf) {
    if (match instanceof AccessMatch.All all) {
      Set<K> fewest = null;
      for (AccessMatch part : all.parts()) {
        Set<K> keys = needed(part, leaf);
        if (keys != null && (fewest == null || keys.size() < fewest.size())) {
          fewest = keys;
        }
      }
      return fewest;
    }
    if (match instanceof AccessMatch.AnyOf any) {
      Set<K> union = new HashSet<>();
      for (AccessMatch part : any.parts()) {
        Set<K> keys = needed(part, leaf);
        if (keys == null) {
          return null;
        }
        union.addAll(keys);
      }
      return union;
    }
    if (match instanceof AccessMatch.Not not && not.part() instanceof AccessMatch.Always) {
      return Set.of();
    }
    K key = leaf.key(match);
    return key == null ? null : Set.of(key);
  }
}
