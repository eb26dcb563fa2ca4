package io.inmesh.server.config;

/** A port by number or by name (Kubernetes {@code IntOrString}). */
final class PortOrNameSchema extends Schema {

  static final PortOrNameSchema PORT_OR_NAME = new PortOrNameSchema();

  private static final Schema NUMBER = NumberSchema.port();
  private static final Schema NAME = TextSchema.text(Formats.PORT_NAME_FORMAT);

  private PortOrNameSchema() {}

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (node instanceof Node.Scalar scalar && scalar.type() == Node.Type.STRING) {
      return NAME.check(node, path, check);
    }
    if (node instanceof Node.Scalar scalar && scalar.type() == Node.Type.INTEGER) {
      return NUMBER.check(node, path, check);
    }
    return wrongType(node, path, check, "a port number or name", "");
  }

  @Override
  String type() {
    return "port number or name";
  }
}
