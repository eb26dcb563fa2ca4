package io.inmesh.server.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A mapping with known fields: anything else in it is an error. */
final class ObjectSchema extends Schema {

  private final String name;
  private final Map<String, Field> fields = new LinkedHashMap<>();
  private final List<Rule> rules = new ArrayList<>();
  private @Nullable Schema others;

  private ObjectSchema(String name) {
    this.name = name;
  }

  /** An object the documentation calls so. */
  static ObjectSchema object(String name) {
    return new ObjectSchema(name);
  }

  /** A field that must be there. */
  ObjectSchema required(String field, Schema schema, String doc) {
    return add(new Field(field, schema, true, null, null, Effect.FULL, doc));
  }

  /** A field that may be left out. */
  ObjectSchema optional(String field, Schema schema, String doc) {
    return add(new Field(field, schema, false, null, null, Effect.FULL, doc));
  }

  /** A field with a default, written as in a file. */
  ObjectSchema optional(String field, Schema schema, String byDefault, String doc) {
    return add(new Field(field, schema, false, byDefault, null, Effect.FULL, doc));
  }

  /** A field that is checked but does nothing yet, which each use of it is told. */
  ObjectSchema later(String field, Schema schema, NotYetSupported feature) {
    return add(new Field(field, schema, false, null, feature, Effect.FULL, feature.what()));
  }

  /** Fields of any other name mean nothing here, but must be like this. */
  ObjectSchema others(Schema schema) {
    others = schema;
    return this;
  }

  /** Fields that mean nothing to an embedded data plane: accepted, with one remark. */
  ObjectSchema noEffect(String... names) {
    for (String field : names) {
      add(new Field(field, AnySchema.ANY, false, null, null, Effect.NONE, "has no effect here"));
    }
    return this;
  }

  /** Fields that others write into every object: skipped without a word. */
  ObjectSchema skipped(String... names) {
    for (String field : names) {
      add(new Field(field, AnySchema.ANY, false, null, null, Effect.SKIPPED, "skipped"));
    }
    return this;
  }

  /** A condition on several fields, checked once each field alone is right. */
  ObjectSchema rule(Rule rule) {
    rules.add(rule);
    return this;
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (!(node instanceof Node.Mapping mapping)) {
      return wrongType(node, path, check, "a mapping", "");
    }
    boolean valid = checkRepeated(mapping, path, check);
    List<String> withoutEffect = new ArrayList<>();
    for (Map.Entry<String, Node.Entry> entry : mapping.entries().entrySet()) {
      Field field = fields.get(entry.getKey());
      Node.Entry at = entry.getValue();
      if (field == null && others != null) {
        valid &= others.check(at.value(), path.field(entry.getKey()), check);
      } else if (field == null) {
        check.report(
            FindingCode.UNKNOWN_FIELD,
            path.field(entry.getKey()),
            check.at(at.line(), at.column()),
            "unknown field",
            Words.suggest(entry.getKey(), names()));
        valid = false;
      } else if (field.effect() == Effect.NONE) {
        withoutEffect.add(field.name());
      } else if (!at.value().isNull()) {
        valid &= check(field, at, path, check);
      }
    }
    for (Field field : fields.values()) {
      if (field.required() && value(mapping, field.name()) == null) {
        check.report(
            FindingCode.REQUIRED,
            path.field(field.name()),
            check.at(node),
            "missing",
            field.schema() == AnySchema.ANY ? "" : "expected " + field.describe());
        valid = false;
      }
    }
    if (!withoutEffect.isEmpty()) {
      check.report(
          FindingCode.NO_EFFECT,
          path,
          check.at(node),
          "has no effect here: " + String.join(", ", withoutEffect));
    }
    return valid && checkRules(new View(this, mapping, path, check), check);
  }

  private static boolean check(Field field, Node.Entry at, FieldPath path, Check check) {
    FieldPath here = path.field(field.name());
    boolean valid = field.schema().check(at.value(), here, check);
    if (field.feature() != null) {
      field.feature().report(here, check.at(at.line(), at.column()), check);
    }
    return valid;
  }

  private boolean checkRules(View view, Check check) {
    int before = check.errors();
    for (Rule rule : rules) {
      rule.check(view, check);
    }
    return check.errors() == before;
  }

  /** Reports keys that are there twice. */
  static boolean checkRepeated(Node.Mapping mapping, FieldPath path, Check check) {
    for (Node.Repeated repeated : mapping.repeated()) {
      Node.Entry first = mapping.entries().get(repeated.key());
      check.report(
          FindingCode.DUPLICATE_FIELD,
          path.field(repeated.key()),
          check.at(repeated.line(), repeated.column()),
          "the field is there twice"
              + (first == null ? "" : "; it is also in line " + first.line()));
    }
    return mapping.repeated().isEmpty();
  }

  /** The value of a field; null if it is absent or null. */
  static @Nullable Node value(Node.Mapping mapping, String field) {
    Node.Entry entry = mapping.entries().get(field);
    return entry == null || entry.value().isNull() ? null : entry.value();
  }

  /** The field with this name, which must be declared. */
  Field field(String field) {
    Field found = fields.get(field);
    if (found == null) {
      throw new IllegalArgumentException(name + " declares no field " + field);
    }
    return found;
  }

  /** All fields in the order declared. */
  Collection<Field> fields() {
    return fields.values();
  }

  private List<String> names() {
    return fields.values().stream()
        .filter(f -> f.effect() == Effect.FULL)
        .map(Field::name)
        .toList();
  }

  @Override
  String type() {
    return name;
  }

  @Override
  ObjectSchema nested() {
    return this;
  }

  private ObjectSchema add(Field field) {
    if (fields.put(field.name(), field) != null) {
      throw new IllegalArgumentException(name + " declares " + field.name() + " twice");
    }
    return this;
  }

  /** Whether a field means anything. */
  enum Effect {
    FULL,
    NONE,
    SKIPPED
  }

  /** A condition on several fields. */
  @FunctionalInterface
  interface Rule {
    /** Reports what is wrong. */
    void check(View object, Check check);
  }

  /**
   * One field.
   *
   * @param byDefault its value when left out, as written in a file; null for none
   * @param feature what is not supported yet; null if it is
   * @param effect whether it means anything
   */
  record Field(
      String name,
      Schema schema,
      boolean required,
      @Nullable String byDefault,
      @Nullable NotYetSupported feature,
      Effect effect,
      String doc) {

    String describe() {
      String constraints = schema.constraints();
      return schema.type() + (constraints.isEmpty() ? "" : ", " + constraints.replace("`", ""));
    }
  }
}
