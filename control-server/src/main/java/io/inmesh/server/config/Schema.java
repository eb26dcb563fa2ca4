package io.inmesh.server.config;

/**
 * What a value may be. Declared once per kind, in Java; the same declaration checks files, supplies
 * defaults and prints the reference documentation. Immutable once built.
 */
abstract class Schema {

  /** Reports what is wrong with a value, which is not null; true if there was no error. */
  abstract boolean check(Node node, FieldPath path, Check check);

  /** As the documentation calls it, for example {@code list of ParentRef}. */
  abstract String type();

  /** The constraints in words, for the documentation; empty if there are none. */
  String constraints() {
    return "";
  }

  /** The object this leads to, for the documentation; null if there is none. */
  @org.jspecify.annotations.Nullable
  ObjectSchema nested() {
    return null;
  }

  /** Reports that something else was expected. */
  static boolean wrongType(Node node, FieldPath path, Check check, String expected, String hint) {
    check.report(
        FindingCode.WRONG_TYPE,
        path,
        check.at(node),
        "expected " + expected + ", found " + node.describe(),
        hint);
    return false;
  }
}
