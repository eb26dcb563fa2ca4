package io.inmesh.http.netty;

import io.inmesh.call.Headers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Header fields in the order of the wire: names and values alternate in one array. Names are lower
 * case. Confined to one call.
 */
public final class Fields implements Headers {
  private @Nullable String[] cells;
  private int end;

  /** Empty, with room for some fields. */
  public Fields(int expected) {
    cells = new String[Math.max(4, expected) * 2];
  }

  /** How many values there are. */
  public int size() {
    return end >> 1;
  }

  /** The name of the value at an index below {@link #size}. */
  @SuppressWarnings("NullAway") // cells below `end` are never null
  public String name(int index) {
    return cells[index << 1];
  }

  /** The value at an index below {@link #size}. */
  @SuppressWarnings("NullAway") // cells below `end` are never null
  public String value(int index) {
    return cells[(index << 1) + 1];
  }

  @Override
  public @Nullable String get(String name) {
    for (int i = 0; i < end; i += 2) {
      if (name.equals(cells[i])) {
        return cells[i + 1];
      }
    }
    return null;
  }

  @Override
  public List<String> all(String name) {
    List<String> found = List.of();
    for (int i = 0; i < size(); i++) {
      if (name.equals(name(i))) {
        if (found.isEmpty()) {
          found = new ArrayList<>(2);
        }
        found.add(value(i));
      }
    }
    return found;
  }

  @Override
  public void set(String name, String value) {
    for (int i = 0; i < end; i += 2) {
      if (name.equals(cells[i])) {
        cells[i + 1] = FieldSyntax.checkValue(name, value);
        removeFrom(name, i + 2);
        return;
      }
    }
    add(name, value);
  }

  @Override
  public void add(String name, String value) {
    append(FieldSyntax.checkName(name), FieldSyntax.checkValue(name, value));
  }

  /** Adds what a decoder or {@link FieldSyntax} has checked already. */
  public void append(String name, String value) {
    if (end == cells.length) {
      cells = Arrays.copyOf(cells, end * 2);
    }
    cells[end] = name;
    cells[end + 1] = value;
    end += 2;
  }

  @Override
  public void remove(String name) {
    removeFrom(name, 0);
  }

  @Override
  public void forEach(Visitor visitor) {
    for (int i = 0; i < size(); i++) {
      visitor.field(name(i), value(i));
    }
  }

  /** An independent copy. */
  public Fields copy() {
    Fields copy = new Fields(size());
    System.arraycopy(cells, 0, copy.cells, 0, end);
    copy.end = end;
    return copy;
  }

  private void removeFrom(String name, int start) {
    int to = start;
    for (int from = start; from < end; from += 2) {
      if (!name.equals(cells[from])) {
        cells[to] = cells[from];
        cells[to + 1] = cells[from + 1];
        to += 2;
      }
    }
    Arrays.fill(cells, to, end, null);
    end = to;
  }

  /** Names only: values may be secret. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("Fields[");
    for (int i = 0; i < size(); i++) {
      text.append(i == 0 ? "" : ", ").append(name(i));
    }
    return text.append(']').toString();
  }
}
