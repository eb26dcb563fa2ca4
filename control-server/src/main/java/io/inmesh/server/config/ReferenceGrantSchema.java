package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.ReferenceGrantSpec.From;
import io.inmesh.server.config.ReferenceGrantSpec.To;

/** Gateway API {@code ReferenceGrant}. */
final class ReferenceGrantSchema {

  private static final ObjectSchema FROM =
      object("ReferenceGrantFrom")
          .required("group", text(Formats.GROUP), "of the referring object")
          .required("kind", text(Formats.KIND_NAME), "of the referring object")
          .required("namespace", text(Formats.DNS_LABEL), "of the referring object");

  private static final ObjectSchema TO =
      object("ReferenceGrantTo")
          .required("group", text(Formats.GROUP), "of the object referred to")
          .required("kind", text(Formats.KIND_NAME), "of the object referred to")
          .optional("name", text().length(1, 253), "one object; all of the kind if left out");

  private static final ObjectSchema SPEC =
      object("ReferenceGrantSpec")
          .required("from", list(FROM, 1, 16), "who may refer")
          .required("to", list(TO, 1, 16), "to what in this namespace");

  static final KindSchema KIND =
      new KindSchema(
          Kind.REFERENCE_GRANT, Formats.DNS_SUBDOMAIN, SPEC, (spec, namespace) -> read(spec));

  private ReferenceGrantSchema() {}

  private static Spec read(View spec) {
    return new ReferenceGrantSpec(
        spec.objects("from").stream()
            .map(
                from ->
                    new From(RouteSchemas.group(from), from.text("kind"), from.text("namespace")))
            .toList(),
        spec.objects("to").stream()
            .map(to -> new To(RouteSchemas.group(to), to.text("kind"), to.textOrNull("name")))
            .toList());
  }
}
