package io.inmesh.model;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A few texts by name in the least memory: a process keeps one for each endpoint that it watches,
 * and they differ in their values only. Immutable.
 */
public final class TextMap extends AbstractMap<String, String> {
  private static final TextMap EMPTY = new TextMap(new String[0], new String[0]);

  /** Sorted; shared by maps of the same names. */
  private final String[] names;

  private final String[] values;

  private TextMap(String[] names, String[] values) {
    this.names = names;
    this.values = values;
  }

  /** The same entries. */
  public static TextMap of(Map<String, String> entries) {
    return of(entries, EMPTY);
  }

  /**
   * The same entries.
   *
   * @param like one that is likely to have the same names
   */
  public static TextMap of(Map<String, String> entries, TextMap like) {
    if (entries instanceof TextMap made) {
      return made;
    }
    if (entries.isEmpty()) {
      return EMPTY;
    }
    String[] sorted = entries.keySet().toArray(new String[0]);
    Arrays.sort(sorted);
    String[] names = Arrays.equals(sorted, like.names) ? like.names : sorted;
    String[] values = new String[names.length];
    for (int i = 0; i < names.length; i++) {
      values[i] = Objects.requireNonNull(entries.get(names[i]));
    }
    return new TextMap(names, values);
  }

  @Override
  public @Nullable String get(@Nullable Object name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equals(name)) {
        return values[i];
      }
    }
    return null;
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return get(name) != null;
  }

  @Override
  public int size() {
    return names.length;
  }

  @Override
  public Set<Entry<String, String>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public Iterator<Entry<String, String>> iterator() {
        return IntStream.range(0, names.length)
            .mapToObj(i -> Map.entry(names[i], values[i]))
            .iterator();
      }

      @Override
      public int size() {
        return names.length;
      }
    };
  }
}
