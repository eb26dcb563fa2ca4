package io.inmesh.server.config;

/**
 * How one kind is written and read.
 *
 * @param kind the kind
 * @param nameFormat what {@code metadata.name} looks like
 * @param spec the schema of {@code spec}
 * @param reader makes the typed spec of one that passed the schema
 */
record KindSchema(Kind kind, Format nameFormat, ObjectSchema spec, Reader reader) {

  /** Makes a typed spec. */
  @FunctionalInterface
  interface Reader {
    /** Of an object in this namespace. */
    Spec read(View spec, String namespace);
  }
}
