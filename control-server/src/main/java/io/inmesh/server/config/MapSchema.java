package io.inmesh.server.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mapping whose keys are the user's. */
final class MapSchema extends Schema {

  /** Labels: Kubernetes' forms of names and values. */
  static final MapSchema LABELS =
      new MapSchema(Formats.LABEL_KEY_FORMAT, TextSchema.text(Formats.LABEL_VALUE_FORMAT), 64);

  private final Format keys;
  private final Schema values;
  private final int max;

  private MapSchema(Format keys, Schema values, int max) {
    this.keys = keys;
    this.values = values;
    this.max = max;
  }

  /** Keys of a form and values of a type, at most so many. */
  static MapSchema map(Format keys, Schema values, int max) {
    return new MapSchema(keys, values, max);
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (!(node instanceof Node.Mapping mapping)) {
      return wrongType(node, path, check, "a mapping", "");
    }
    if (mapping.entries().size() > max) {
      check.report(
          FindingCode.BAD_SIZE,
          path,
          check.at(node),
          "has " + mapping.entries().size() + " entries; expected at most " + max);
      return false;
    }
    boolean valid = ObjectSchema.checkRepeated(mapping, path, check);
    for (Map.Entry<String, Node.Entry> entry : mapping.entries().entrySet()) {
      Node.Entry at = entry.getValue();
      FieldPath entryPath = path.field(entry.getKey());
      String problem = keys.problem(entry.getKey());
      if (problem != null) {
        check.report(FindingCode.BAD_FORMAT, entryPath, check.at(at.line(), at.column()), problem);
        valid = false;
      } else if (at.value().isNull()) {
        check.report(
            FindingCode.REQUIRED, entryPath, check.at(at.line(), at.column()), "has no value");
        valid = false;
      } else {
        valid &= values.check(at.value(), entryPath, check);
      }
    }
    return valid;
  }

  @Override
  @Nullable ObjectSchema nested() {
    return values.nested();
  }

  @Override
  String type() {
    return "map of " + keys.name() + " to " + values.type();
  }

  @Override
  String constraints() {
    return "at most " + max + " entries";
  }
}
