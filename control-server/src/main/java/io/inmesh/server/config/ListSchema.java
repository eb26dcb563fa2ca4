package io.inmesh.server.config;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A list of values of one type; no string or number may be in it twice. */
final class ListSchema extends Schema {

  private final Schema item;
  private final int min;
  private final int max;

  private ListSchema(Schema item, int min, int max) {
    this.item = item;
    this.min = min;
    this.max = max;
  }

  /** At most this many items. */
  static ListSchema list(Schema item, int max) {
    return new ListSchema(item, 0, max);
  }

  /** So many items. */
  static ListSchema list(Schema item, int min, int max) {
    return new ListSchema(item, min, max);
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (!(node instanceof Node.Sequence sequence)) {
      return wrongType(node, path, check, "a list", "begin each item with '- '");
    }
    int size = sequence.items().size();
    if (size < min || size > max) {
      check.report(
          FindingCode.BAD_SIZE,
          path,
          check.at(node),
          size < min
              ? "has " + size + " items; expected at least " + min
              : "has " + size + " items; expected at most " + max);
      return false;
    }
    boolean valid = true;
    Set<String> scalars = new HashSet<>();
    for (int i = 0; i < size; i++) {
      Node value = sequence.items().get(i);
      FieldPath at = path.index(i);
      if (value.isNull()) {
        check.report(FindingCode.REQUIRED, at, check.at(value), "the item is empty");
        valid = false;
      } else if (!item.check(value, at, check)) {
        valid = false;
      } else if (value instanceof Node.Scalar scalar && !scalars.add(scalar.text())) {
        check.report(
            FindingCode.DUPLICATE_ENTRY,
            at,
            check.at(value),
            Words.quote(scalar.text()) + " is in the list already");
        valid = false;
      }
    }
    return valid;
  }

  @Override
  String type() {
    return "list of " + item.type();
  }

  @Override
  String constraints() {
    String size = min > 0 ? min + " to " + max + " items" : "at most " + max + " items";
    return item.constraints().isEmpty() || item.nested() != null
        ? size
        : size + "; each " + item.constraints();
  }

  @Override
  @Nullable ObjectSchema nested() {
    return item.nested();
  }
}
