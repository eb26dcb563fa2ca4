package io.inmesh.model;

import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A few texts by name in little memory. Immutable. */
public final class TextMap extends AbstractMap<String, String> {
  private static final TextMap EMPTY = new TextMap(new String[0], new String[0]);

  /** Sorted; may be shared by maps of the same names. */
  private final String[] names;

  private final String[] values;

  private TextMap(String[] names, String[] values) {
    this.names = names;
    this.values = values;
  }

  /** The same entries. */
  public static TextMap of(Map<String, String> entries) {
    if (entries instanceof TextMap made) {
      return made;
    }
    String[] names = entries.keySet().toArray(new String[0]);
    Arrays.sort(names);
    return of(names, i -> entries.get(names[i]));
  }

  /**
   * A text for each name that has one.
   *
   * @param names sorted; not copied
   * @param texts by position of the name; null: none
   */
  static TextMap of(String[] names, IntFunction<@Nullable String> texts) {
    @Nullable String[] values = new @Nullable String[names.length];
    Arrays.setAll(values, texts);
    int[] present = IntStream.range(0, names.length).filter(i -> values[i] != null).toArray();
    if (present.length == 0) {
      return EMPTY;
    }
    return new TextMap(
        present.length == names.length ? names : select(names, present), select(values, present));
  }

  private static String[] select(@Nullable String[] texts, int[] positions) {
    return IntStream.of(positions)
        .mapToObj(i -> Objects.requireNonNull(texts[i]))
        .toArray(String[]::new);
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
