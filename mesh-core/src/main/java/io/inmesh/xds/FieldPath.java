package io.inmesh.xds;

import org.jspecify.annotations.Nullable;

/**
 * Where in a resource a decoder is; text is made only when somebody reads it.
 *
 * @param parent null at the root
 * @param name of the field
 * @param index in a repeated field, or -1
 */
record FieldPath(@Nullable FieldPath parent, String name, int index) {
  /** The resource itself. */
  static final FieldPath ROOT = new FieldPath(null, "", -1);

  FieldPath field(String field) {
    return new FieldPath(this, field, -1);
  }

  FieldPath field(String field, int position) {
    return new FieldPath(this, field, position);
  }

  FieldPath key(String field, String key) {
    return new FieldPath(this, field + "[\"" + key + "\"]", -1);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    append(text);
    return text.length() == 0 ? "(resource)" : text.toString();
  }

  private void append(StringBuilder text) {
    if (parent != null) {
      parent.append(text);
      if (text.length() > 0) {
        text.append('.');
      }
      text.append(name);
      if (index >= 0) {
        text.append('[').append(index).append(']');
      }
    }
  }
}
