package io.inmesh.server.config;

import java.math.BigInteger;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** A whole number between two bounds, both included. */
final class NumberSchema extends Schema {

  private final long min;
  private final long max;
  private final List<String> values;

  private NumberSchema(long min, long max, List<String> values) {
    this.min = min;
    this.max = max;
    this.values = values;
  }

  static NumberSchema number(long min, long max) {
    return new NumberSchema(min, max, List.of());
  }

  /** One of these. */
  static NumberSchema oneOf(Integer... values) {
    return new NumberSchema(
        Collections.min(List.of(values)),
        Collections.max(List.of(values)),
        Stream.of(values).map(Object::toString).toList());
  }

  /** 1 to 65535. */
  static NumberSchema port() {
    return number(1, 65535);
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (!(node instanceof Node.Scalar scalar) || scalar.type() != Node.Type.INTEGER) {
      String hint =
          node instanceof Node.Scalar s && s.type() == Node.Type.STRING && isDigits(s.text())
              ? "remove the quotes"
              : "";
      return wrongType(node, path, check, "a whole number", hint);
    }
    BigInteger value = parse(scalar.text());
    if (value.compareTo(BigInteger.valueOf(min)) < 0
        || value.compareTo(BigInteger.valueOf(max)) > 0) {
      check.report(
          FindingCode.OUT_OF_RANGE,
          path,
          check.at(node),
          value + " is out of range; expected " + min + " to " + max);
      return false;
    }
    if (!values.isEmpty() && !values.contains(value.toString())) {
      check.report(
          FindingCode.NOT_ALLOWED,
          path,
          check.at(node),
          value + " is not allowed",
          "expected " + Words.or(values));
      return false;
    }
    return true;
  }

  /** The value of an integer scalar. */
  static BigInteger parse(String text) {
    String digits = text.replace("_", "");
    return new BigInteger(digits.startsWith("+") ? digits.substring(1) : digits);
  }

  private static boolean isDigits(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  @Override
  String type() {
    return "integer";
  }

  @Override
  String constraints() {
    return values.isEmpty() ? min + " to " + max : "one of `" + String.join("`, `", values) + "`";
  }
}
