package io.inmesh.server.config;

/** True or false. */
final class BooleanSchema extends Schema {

  static final BooleanSchema BOOLEAN = new BooleanSchema();

  private BooleanSchema() {}

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (node instanceof Node.Scalar scalar && scalar.type() == Node.Type.BOOLEAN) {
      return true;
    }
    return wrongType(node, path, check, "true or false", "");
  }

  @Override
  String type() {
    return "boolean";
  }
}
