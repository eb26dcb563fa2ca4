package io.inmesh.server.config;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How one kind is written and read.
 *
 * @param kind the kind
 * @param nameFormat what {@code metadata.name} looks like
 * @param spec the schema of {@code spec}
 * @param reader makes the typed spec of one that passed the schema
 */
record KindSchema(Kind kind, Format nameFormat, ObjectSchema spec, Reader reader) {

  private static final Map<Kind, KindSchema> BY_KIND = new EnumMap<>(Kind.class);

  static {
    for (KindSchema schema :
        List.of(
            ServiceSchema.KIND,
            ServiceEntrySchema.KIND,
            WorkloadEntrySchema.KIND,
            HttpRouteSchema.KIND,
            GrpcRouteSchema.KIND,
            ReferenceGrantSchema.KIND,
            MeshDefaultsSchema.KIND,
            RoutePolicySchema.KIND)) {
      BY_KIND.put(schema.kind, schema);
    }
  }

  /** The schema of a kind; there is one for each. */
  static KindSchema of(Kind kind) {
    return Objects.requireNonNull(BY_KIND.get(kind), kind::kindName);
  }

  /** Makes a typed spec. */
  @FunctionalInterface
  interface Reader {
    /** Of an object in this namespace. */
    Spec read(View spec, String namespace);
  }
}
