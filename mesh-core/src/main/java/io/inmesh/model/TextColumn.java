package io.inmesh.model;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Texts by position in the least memory; there may be none at some positions. Immutable. */
final class TextColumn {
  private static final byte[] NOTHING = {};
  private static final int[] NOWHERE = {};

  /** At every position if there are no {@link #ends}. */
  private final @Nullable String same;

  private final byte[] utf8;

  /** Where each text ends; complemented where there is none. */
  private final int[] ends;

  private TextColumn(@Nullable String same, byte[] utf8, int[] ends) {
    this.same = same;
    this.utf8 = utf8;
    this.ends = ends;
  }

  static TextColumn of(List<? extends @Nullable String> texts) {
    String first = texts.isEmpty() ? null : texts.get(0);
    if (texts.stream().allMatch(text -> Objects.equals(text, first))) {
      return new TextColumn(first, NOTHING, NOWHERE);
    }
    int[] ends = new int[texts.size()];
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < ends.length; i++) {
      String text = texts.get(i);
      if (text != null) {
        all.writeBytes(text.getBytes(StandardCharsets.UTF_8));
      }
      ends[i] = text == null ? ~all.size() : all.size();
    }
    return new TextColumn(null, all.toByteArray(), ends);
  }

  /** The text at a position; null: none. */
  @Nullable String get(int position) {
    if (ends.length == 0) {
      return same;
    }
    int end = ends[position];
    if (end < 0) {
      return null;
    }
    int start = position == 0 ? 0 : ends[position - 1];
    start = start < 0 ? ~start : start;
    return new String(utf8, start, end - start, StandardCharsets.UTF_8);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TextColumn column
        && Objects.equals(same, column.same)
        && Arrays.equals(utf8, column.utf8)
        && Arrays.equals(ends, column.ends);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(utf8) + Objects.hashCode(same);
  }
}
