package io.inmesh.server.config;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A place inside an object.
 *
 * @param parent null for the object itself
 * @param segment a field name or an index
 */
record FieldPath(@Nullable FieldPath parent, String segment) {

  /** The object itself. */
  static final FieldPath ROOT = new FieldPath(null, "");

  FieldPath field(String name) {
    return new FieldPath(this, name);
  }

  FieldPath index(int index) {
    return new FieldPath(this, Integer.toString(index));
  }

  /** As a JSON pointer (RFC 6901). */
  String pointer() {
    Deque<String> segments = new ArrayDeque<>();
    for (FieldPath at = this; at.parent != null; at = at.parent) {
      segments.push(at.segment.replace("~", "~0").replace("/", "~1"));
    }
    StringBuilder out = new StringBuilder();
    for (String segment : segments) {
      out.append('/').append(segment);
    }
    return out.toString();
  }
}
