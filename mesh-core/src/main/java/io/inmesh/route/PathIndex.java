package io.inmesh.route;

import io.inmesh.model.PathMatch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds the routes whose path can match without trying each: exact paths by a hash map, prefixes by
 * a hash table for each length, the rest (regexes, ignored case) one by one. Candidates come out as
 * position lists in ascending order; the caller takes the lowest position that matches, so that the
 * first match in configuration order wins. Immutable.
 */
public final class PathIndex {
  private static final int[] NONE = {};

  /**
   * All prefixes of one length with the positions of their routes, in a hash table with open
   * addressing, at most half full. The paths of a service often begin alike: what all prefixes have
   * in common is not hashed, and texts are compared only where their hashes are the same.
   */
  private static final class Prefixes {
    /** 2^32 / φ (Fibonacci hashing): spreads hashes that differ in their lowest bits only. */
    private static final int SPREAD = 0x9E37_79B9;

    private final int length;
    private final int common;
    private final int shift;
    private final @Nullable String[] table;
    private final int[] hashes;
    private final int[][] positions;

    Prefixes(int length, SortedMap<String, List<Integer>> routes) {
      this.length = length;
      this.common = common(routes.firstKey(), routes.lastKey());
      this.table = new @Nullable String[Integer.highestOneBit(routes.size()) << 2];
      this.shift = 1 + Integer.numberOfLeadingZeros(table.length);
      this.hashes = new int[table.length];
      this.positions = new int[table.length][];
      routes.forEach(
          (prefix, list) -> {
            int hash = hash(prefix);
            int slot = hash >>> shift;
            while (table[slot] != null) {
              slot = next(slot);
            }
            table[slot] = prefix;
            hashes[slot] = hash;
            positions[slot] = ints(list);
          });
    }

    int @Nullable [] find(String path) {
      if (path.length() < length) {
        return null;
      }
      int hash = hash(path);
      int slot = hash >>> shift;
      String prefix = table[slot];
      while (prefix != null && !(hashes[slot] == hash && path.startsWith(prefix))) {
        slot = next(slot);
        prefix = table[slot];
      }
      return positions[slot];
    }

    private int hash(String path) {
      int hash = 0;
      for (int i = common; i < length; i++) {
        hash = 31 * hash + path.charAt(i);
      }
      return hash * SPREAD;
    }

    private int next(int slot) {
      return (slot + 1) & (table.length - 1);
    }

    private static int common(String first, String last) {
      int same = 0;
      while (same < first.length() && first.charAt(same) == last.charAt(same)) {
        same++;
      }
      return same;
    }
  }

  private final Map<String, int[]> exact;
  private final Prefixes[] prefixes;
  private final int[] others;

  /** Of matches in order of precedence. */
  public PathIndex(List<PathMatch> matches) {
    Map<String, List<Integer>> exactLists = new HashMap<>();
    TreeMap<Integer, TreeMap<String, List<Integer>>> prefixLists = new TreeMap<>();
    List<Integer> rest = new ArrayList<>();
    for (int i = 0; i < matches.size(); i++) {
      PathMatch match = matches.get(i);
      String prefix = indexablePrefix(match);
      if (match instanceof PathMatch.Exact path && path.caseSensitive()) {
        exactLists.computeIfAbsent(path.path(), key -> new ArrayList<>()).add(i);
      } else if (prefix != null) {
        prefixLists
            .computeIfAbsent(prefix.length(), key -> new TreeMap<>())
            .computeIfAbsent(prefix, key -> new ArrayList<>())
            .add(i);
      } else {
        rest.add(i);
      }
    }
    exact = new HashMap<>();
    exactLists.forEach((path, list) -> exact.put(path, ints(list)));
    prefixes =
        prefixLists.entrySet().stream()
            .map(entry -> new Prefixes(entry.getKey(), entry.getValue()))
            .toArray(Prefixes[]::new);
    others = ints(rest);
  }

  private static @Nullable String indexablePrefix(PathMatch match) {
    if (match instanceof PathMatch.Prefix prefix && prefix.caseSensitive()) {
      return prefix.prefix();
    }
    return match instanceof PathMatch.SegmentPrefix prefix && prefix.caseSensitive()
        ? prefix.prefix()
        : null;
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  /** How many lists {@link #candidates} gives for any path. */
  public int lists() {
    return prefixes.length + 2;
  }

  /** One list of candidate positions, ascending; may be empty. */
  public int[] candidates(int list, String path) {
    int[] found;
    if (list == 0) {
      found = exact.isEmpty() ? null : exact.get(path);
    } else if (list <= prefixes.length) {
      found = prefixes[list - 1].find(path);
    } else {
      found = others;
    }
    return found == null ? NONE : found;
  }
}
