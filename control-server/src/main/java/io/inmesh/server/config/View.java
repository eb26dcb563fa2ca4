package io.inmesh.server.config;

import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An object that passed its schema, read field by field; a field that is left out has the default
 * its schema declares. Asking for a field the schema does not declare is a programming error.
 *
 * @param schema what the object was checked against
 * @param node its content
 * @param path its place inside the whole object
 * @param check where positions and findings go
 */
record View(ObjectSchema schema, Node.Mapping node, FieldPath path, Check check) {

  /** Whether the field is written, and not null. */
  boolean has(String field) {
    schema.field(field);
    return ObjectSchema.value(node, field) != null;
  }

  /** Where this object is written. */
  Provenance at() {
    return check.at(node);
  }

  /** Where a field's value is written, or this object if it is left out. */
  Provenance at(String field) {
    Node value = ObjectSchema.value(node, field);
    return value == null ? at() : check.at(value);
  }

  /** Reports something about a field. */
  void report(FindingCode code, String field, String message, String hint) {
    check.report(code, path.field(field), at(field), message, hint);
  }

  /** Reports something about the object. */
  void report(FindingCode code, String message, String hint) {
    check.report(code, path, at(), message, hint);
  }

  /** A mapping as JSON; an empty one if left out. */
  String json(String field) {
    Node value = ObjectSchema.value(node, field);
    return value == null ? "{}" : CanonicalJson.of(value);
  }

  @Nullable String textOrNull(String field) {
    Node value = ObjectSchema.value(node, field);
    return value instanceof Node.Scalar scalar ? scalar.text() : schema.field(field).byDefault();
  }

  String text(String field) {
    return Objects.requireNonNull(textOrNull(field), field);
  }

  /** The text, or empty if there is neither a value nor a default. */
  String textOrEmpty(String field) {
    String text = textOrNull(field);
    return text == null ? "" : text;
  }

  @Nullable Integer numberOrNull(String field) {
    String text = textOrNull(field);
    return text == null ? null : NumberSchema.parse(text).min(MAX).intValueExact();
  }

  int number(String field) {
    return Objects.requireNonNull(numberOrNull(field), field);
  }

  double decimal(String field) {
    return DecimalSchema.parse(text(field));
  }

  boolean flag(String field) {
    return Boolean.parseBoolean(text(field));
  }

  @Nullable Duration durationOrNull(String field) {
    String text = textOrNull(field);
    return text == null ? null : Formats.istioDuration(text);
  }

  Duration duration(String field) {
    return Objects.requireNonNull(durationOrNull(field), field);
  }

  /** The object in a field; null if it is left out. */
  @Nullable View objectOrNull(String field) {
    ObjectSchema nested = Objects.requireNonNull(schema.field(field).schema().nested(), field);
    return ObjectSchema.value(node, field) instanceof Node.Mapping mapping
        ? new View(nested, mapping, path.field(field), check)
        : null;
  }

  /** The object in a field; one without fields, placed where this one is, if it is left out. */
  View object(String field) {
    View view = objectOrNull(field);
    if (view != null) {
      return view;
    }
    ObjectSchema nested = Objects.requireNonNull(schema.field(field).schema().nested(), field);
    Node.Mapping empty = new Node.Mapping(Map.of(), List.of(), node.line(), node.column());
    return new View(nested, empty, path.field(field), check);
  }

  /** The objects in a list; empty if it is left out. */
  List<View> objects(String field) {
    ObjectSchema nested = Objects.requireNonNull(schema.field(field).schema().nested(), field);
    List<View> views = new ArrayList<>();
    if (ObjectSchema.value(node, field) instanceof Node.Sequence sequence) {
      for (int i = 0; i < sequence.items().size(); i++) {
        if (sequence.items().get(i) instanceof Node.Mapping mapping) {
          views.add(new View(nested, mapping, path.field(field).index(i), check));
        }
      }
    }
    return views;
  }

  /** The texts in a list; empty if it is left out. */
  List<String> texts(String field) {
    schema.field(field);
    List<String> texts = new ArrayList<>();
    if (ObjectSchema.value(node, field) instanceof Node.Sequence sequence) {
      for (Node item : sequence.items()) {
        if (item instanceof Node.Scalar scalar) {
          texts.add(scalar.text());
        }
      }
    }
    return texts;
  }

  /** The whole numbers in a list; empty if it is left out. */
  List<Integer> numbers(String field) {
    return texts(field).stream()
        .map(text -> NumberSchema.parse(text).min(MAX).intValueExact())
        .toList();
  }

  /** The mapping in a field; empty if it is left out. */
  Map<String, View> objectMap(String field) {
    ObjectSchema nested = Objects.requireNonNull(schema.field(field).schema().nested(), field);
    Map<String, View> views = new LinkedHashMap<>();
    if (ObjectSchema.value(node, field) instanceof Node.Mapping mapping) {
      mapping
          .entries()
          .forEach(
              (key, entry) -> {
                if (entry.value() instanceof Node.Mapping value) {
                  views.put(key, new View(nested, value, path.field(field).field(key), check));
                }
              });
    }
    return views;
  }

  Map<String, String> map(String field) {
    schema.field(field);
    Map<String, String> map = new LinkedHashMap<>();
    if (ObjectSchema.value(node, field) instanceof Node.Mapping mapping) {
      mapping
          .entries()
          .forEach(
              (key, entry) -> {
                if (entry.value() instanceof Node.Scalar scalar) {
                  map.put(key, scalar.text());
                }
              });
    }
    return map;
  }

  private static final BigInteger MAX = BigInteger.valueOf(Integer.MAX_VALUE);
}
