package io.inmesh.server.config;

/**
 * How one kind is written and read.
 *
 * @param kind the kind
 * @param nameFormat what {@code metadata.name} looks like
 * @param field where its content is: {@code spec}, nearly always
 * @param spec the schema of that
 * @param reader makes the typed spec of one that passed the schema
 */
record KindSchema(Kind kind, Format nameFormat, String field, ObjectSchema spec, Reader reader) {
  /** A kind with a {@code spec}. */
  KindSchema(Kind kind, Format nameFormat, ObjectSchema spec, Reader reader) {
    this(kind, nameFormat, "spec", spec, reader);
  }

  /** Makes a typed spec. */
  @FunctionalInterface
  interface Reader {
    /** Of an object in this namespace. */
    Spec read(View spec, String namespace);
  }
}
