package io.inmesh.server.config;

/** Anything: for fields that are accepted but not looked into. */
final class AnySchema extends Schema {

  static final AnySchema ANY = new AnySchema();

  private AnySchema() {}

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    return true;
  }

  @Override
  String type() {
    return "any";
  }
}
