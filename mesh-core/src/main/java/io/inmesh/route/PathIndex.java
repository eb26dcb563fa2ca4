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
 * binary search among those of one length, the rest (regexes, ignored case) one by one. Candidates
 * come out as position lists in ascending order; the caller takes the lowest position that matches,
 * so that the first match in configuration order wins. Immutable.
 */
public final class PathIndex {
  private static final int[] NONE = {};

  /**
   * All prefixes of one length, sorted, with the positions of their routes. What they have in
   * common is compared once: the paths of a service often begin alike.
   */
  private static final class Prefixes {
    private final int length;
    private final String common;
    private final String[] sorted;
    private final int[][] positions;

    Prefixes(int length, SortedMap<String, List<Integer>> routes) {
      this.length = length;
      this.sorted = routes.keySet().toArray(new String[0]);
      this.common = common(sorted[0], sorted[sorted.length - 1]);
      this.positions = routes.values().stream().map(PathIndex::ints).toArray(int[][]::new);
    }

    int @Nullable [] find(String path) {
      if (path.length() < length || !path.startsWith(common)) {
        return null;
      }
      int low = 0;
      int high = sorted.length - 1;
      while (low <= high) {
        int middle = (low + high) >>> 1;
        int order = compare(sorted[middle], path, common.length());
        if (order == 0) {
          return positions[middle];
        }
        if (order < 0) {
          low = middle + 1;
        } else {
          high = middle - 1;
        }
      }
      return null;
    }

    private static String common(String first, String last) {
      int same = 0;
      while (same < first.length() && first.charAt(same) == last.charAt(same)) {
        same++;
      }
      return first.substring(0, same);
    }

    private static int compare(String prefix, String path, int from) {
      for (int i = from; i < prefix.length(); i++) {
        int order = prefix.charAt(i) - path.charAt(i);
        if (order != 0) {
          return order;
        }
      }
      return 0;
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
