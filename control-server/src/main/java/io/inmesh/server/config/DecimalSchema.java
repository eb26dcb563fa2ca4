package io.inmesh.server.config;

/** A number between two bounds, both included. */
final class DecimalSchema extends Schema {
  private final double min;
  private final double max;

  private DecimalSchema(double min, double max) {
    this.min = min;
    this.max = max;
  }

  static DecimalSchema decimal(double min, double max) {
    return new DecimalSchema(min, max);
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (!(node instanceof Node.Scalar scalar)
        || (scalar.type() != Node.Type.INTEGER && scalar.type() != Node.Type.DECIMAL)) {
      return wrongType(node, path, check, "a number", "");
    }
    double value = parse(scalar.text());
    if (!(value >= min && value <= max)) {
      check.report(
          FindingCode.OUT_OF_RANGE,
          path,
          check.at(node),
          scalar.text() + " is out of range; expected " + constraints());
      return false;
    }
    return true;
  }

  /** The value of a scalar that passed. */
  static double parse(String text) {
    try {
      return Double.parseDouble(text.replace("_", ""));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  @Override
  String type() {
    return "number";
  }

  @Override
  String constraints() {
    return text(min) + " to " + text(max);
  }

  private static String text(double bound) {
    return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
  }
}
