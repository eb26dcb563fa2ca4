package io.inmesh.server.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A string. */
final class TextSchema extends Schema {

  private final List<String> values;
  private final @Nullable Format format;
  private final int minLength;
  private final int maxLength;

  private TextSchema(List<String> values, @Nullable Format format, int minLength, int maxLength) {
    this.values = values;
    this.format = format;
    this.minLength = minLength;
    this.maxLength = maxLength;
  }

  /** At most 4096 characters. */
  static TextSchema text() {
    return new TextSchema(List.of(), null, 0, 4096);
  }

  /** One of these. */
  static TextSchema oneOf(String... values) {
    return new TextSchema(List.of(values), null, 0, 4096);
  }

  /** Of this form. */
  static TextSchema text(Format format) {
    return new TextSchema(List.of(), format, 0, 4096);
  }

  TextSchema length(int min, int max) {
    return new TextSchema(values, format, min, max);
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (!(node instanceof Node.Scalar scalar)) {
      return wrongType(node, path, check, "a string", "");
    }
    if (scalar.type() != Node.Type.STRING) {
      return wrongType(node, path, check, "a string", "put it in quotes");
    }
    String text = scalar.text();
    if (text.length() < minLength || text.length() > maxLength) {
      check.report(
          FindingCode.BAD_SIZE,
          path,
          check.at(node),
          text.isEmpty()
              ? "must not be empty"
              : "has " + text.length() + " characters; expected " + minLength + " to " + maxLength);
      return false;
    }
    if (!values.isEmpty() && !values.contains(text)) {
      check.report(
          FindingCode.NOT_ALLOWED,
          path,
          check.at(node),
          Words.quote(text) + " is not allowed",
          Words.suggest(text, values));
      return false;
    }
    String problem = format == null ? null : format.problem(text);
    if (format != null && problem != null) {
      check.report(format.code(), path, check.at(node), problem);
      return false;
    }
    return true;
  }

  @Override
  String type() {
    return format == null ? "string" : format.name();
  }

  @Override
  String constraints() {
    List<String> words = new ArrayList<>();
    if (!values.isEmpty()) {
      words.add("one of `" + String.join("`, `", values) + "`");
    }
    if (maxLength != 4096) {
      words.add("at most " + maxLength + " characters");
    }
    return String.join("; ", words);
  }
}
