package io.inmesh.server.config;

/** Anything: for fields that are not looked into here. */
final class AnySchema extends Schema {

  static final AnySchema ANY = new AnySchema(false);

  /** Any mapping. */
  static final AnySchema MAPPING = new AnySchema(true);

  private final boolean mapping;

  private AnySchema(boolean mapping) {
    this.mapping = mapping;
  }

  @Override
  boolean check(Node node, FieldPath path, Check check) {
    if (mapping && !(node instanceof Node.Mapping)) {
      return wrongType(node, path, check, "a mapping", "");
    }
    return true;
  }

  @Override
  String type() {
    return mapping ? "mapping" : "any";
  }
}
