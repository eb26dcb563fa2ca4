package io.inmesh.server.config;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.Set;

/** Prints the schemas as the reference documentation, in Markdown. */
final class SchemaDoc {

  private final StringBuilder out = new StringBuilder();

  /** Objects described already, of any kind. */
  private final Set<ObjectSchema> described = new LinkedHashSet<>();

  private SchemaDoc() {}

  /** The reference of all kinds. */
  static String render() {
    SchemaDoc doc = new SchemaDoc();
    doc.out.append(
        """
        # Configuration reference

        Generated from the schemas the control server checks files with; see
        [configuration.md](configuration.md) for how they work together. Fields that are not listed
        are errors. `spec` of each kind:
        """);
    for (Kind kind : Kind.values()) {
      doc.kind(kind);
    }
    return doc.out.toString();
  }

  private void kind(Kind kind) {
    out.append("\n## ").append(kind.kindName()).append("\n\n`apiVersion: ");
    out.append(kind.apiVersion()).append('`');
    for (String version : kind.versions().subList(1, kind.versions().size())) {
      out.append(", also `").append(version).append('`');
    }
    out.append(kind.namespaced() ? "; in a namespace\n" : "; for the whole mesh\n");
    Deque<ObjectSchema> open = new ArrayDeque<>();
    open.add(KindSchemas.of(kind).spec());
    while (!open.isEmpty()) {
      ObjectSchema object = open.remove();
      if (described.add(object)) {
        object(object, open);
      }
    }
  }

  private void object(ObjectSchema object, Deque<ObjectSchema> open) {
    out.append("\n### ").append(object.type()).append("\n\n");
    out.append("| field | type | default | meaning |\n|---|---|---|---|\n");
    for (ObjectSchema.Field field : object.fields()) {
      ObjectSchema nested = field.schema().nested();
      if (nested != null) {
        open.add(nested);
      }
      if (field.effect() == ObjectSchema.Effect.FULL) {
        row(field);
      }
    }
    accepted(object, ObjectSchema.Effect.NONE, "Accepted with a remark, without effect");
    accepted(object, ObjectSchema.Effect.SKIPPED, "Accepted, without effect");
  }

  private void row(ObjectSchema.Field field) {
    String byDefault = field.byDefault();
    String constraints = field.schema().constraints();
    cell("`" + field.name() + "`");
    cell(field.schema().type());
    cell(
        field.required() ? "**required**" : byDefault == null ? "" : "`" + quoted(byDefault) + "`");
    String meaning = field.doc();
    if (!constraints.isEmpty()) {
      meaning = meaning.isEmpty() ? constraints : meaning + "; " + constraints;
    }
    cell(meaning);
    out.append("|\n");
  }

  private void accepted(ObjectSchema object, ObjectSchema.Effect effect, String title) {
    String names =
        String.join(
            "`, `",
            object.fields().stream()
                .filter(field -> field.effect() == effect)
                .map(ObjectSchema.Field::name)
                .toList());
    if (!names.isEmpty()) {
      out.append('\n').append(title).append(": `").append(names).append("`.\n");
    }
  }

  private static String quoted(String text) {
    return text.isEmpty() ? "''" : text;
  }

  private void cell(String text) {
    out.append("| ").append(text.replace("|", "\\|")).append(text.isEmpty() ? "" : " ");
  }
}
