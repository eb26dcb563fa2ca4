package io.inmesh.server.config;

import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads the Kubernetes envelope around a spec: apiVersion, kind, metadata, spec. */
final class ObjectReader {

  /** The namespace of an object that does not say, as with kubectl. */
  static final String DEFAULT_NAMESPACE = "default";

  static final ObjectSchema METADATA =
      object("ObjectMeta")
          .required("name", AnySchema.ANY, "unique for the kind and namespace")
          .optional("namespace", AnySchema.ANY, "`default` if left out")
          .optional("labels", MapSchema.LABELS, "")
          .optional(
              "annotations",
              MapSchema.map(Formats.LABEL_KEY_FORMAT, text().length(0, 256 << 10), 256),
              "not looked at")
          .optional(
              "creationTimestamp", text(Formats.TIMESTAMP), "the oldest wins where two conflict")
          .skipped(
              "deletionGracePeriodSeconds",
              "deletionTimestamp",
              "finalizers",
              "generateName",
              "generation",
              "managedFields",
              "ownerReferences",
              "resourceVersion",
              "selfLink",
              "uid");

  private static final Map<Kind, ObjectSchema> ENVELOPES = new EnumMap<>(Kind.class);

  static {
    for (Kind kind : Kind.values()) {
      ENVELOPES.put(
          kind,
          object(kind.kindName())
              .required("apiVersion", text(), "")
              .required("kind", text(), "")
              .required("metadata", METADATA, "")
              .required(KindSchemas.of(kind).field(), KindSchemas.of(kind).spec(), "")
              .skipped("status"));
    }
  }

  private final Check check;
  private final Node.Mapping root;

  private ObjectReader(Check check, Node.Mapping root) {
    this.check = check;
    this.root = root;
  }

  /**
   * Reads a document: one object, or a list of them.
   *
   * @param fixed where all values are said to be, if their own positions mean nothing
   */
  static void read(String file, Node root, @Nullable Provenance fixed, List<ParsedObject> out) {
    Check check = new Check(file, fixed);
    if (!(root instanceof Node.Mapping mapping)) {
      check.report(
          FindingCode.NOT_AN_OBJECT,
          FieldPath.ROOT,
          check.at(root),
          "expected an object with apiVersion, kind, metadata and spec, found " + root.describe());
      out.add(new ParsedObject(null, null, null, check.findings(), check.at(root)));
      return;
    }
    ObjectReader reader = new ObjectReader(check, mapping);
    if (reader.field("kind").endsWith("List")
        && ObjectSchema.value(mapping, "items") instanceof Node.Sequence items) {
      for (Node item : items.items()) {
        read(file, item, fixed, out);
      }
      return;
    }
    out.add(reader.read());
  }

  private ParsedObject read() {
    Kind kind = kind();
    if (kind == null) {
      return new ParsedObject(null, null, null, check.findings(), check.at(root));
    }
    ResourceKey key = key(kind);
    if (key != null) {
      check.name(key);
      if (!kind.namespaced()
          && ObjectSchema.value(root, "metadata") instanceof Node.Mapping metadata
          && ObjectSchema.value(metadata, "namespace") != null) {
        check.report(
            FindingCode.NAMESPACE_IGNORED,
            FieldPath.ROOT.field("metadata").field("namespace"),
            check.at(metadata),
            "a " + kind.kindName() + " belongs to the whole mesh; its namespace is ignored");
      }
    }
    ObjectSchema envelope = Objects.requireNonNull(ENVELOPES.get(kind));
    boolean valid = envelope.check(root, FieldPath.ROOT, check);
    if (key == null || !valid || check.errors() > 0) {
      return new ParsedObject(key, null, instead(key), check.findings(), check.at(root));
    }
    View view = new View(envelope, root, FieldPath.ROOT, check);
    return new ParsedObject(key, resource(key, view), null, check.findings(), check.at(root));
  }

  /** What an object with errors leaves behind. */
  private @Nullable Resource<?> instead(@Nullable ResourceKey key) {
    if (key == null || !BrokenPolicySpec.standsFor(key.kind())) {
      return null;
    }
    BrokenPolicySpec broken = BrokenPolicySpec.of(root);
    return new Resource<>(
        key, Map.of(), Map.of(), null, check.at(root), broken, key + " is broken: " + broken);
  }

  private static Resource<?> resource(ResourceKey key, View view) {
    View metadata = view.object("metadata");
    String created = metadata.textOrNull("creationTimestamp");
    KindSchema schema = KindSchemas.of(key.kind());
    Spec spec = schema.reader().read(view.object(schema.field()), key.namespace());
    return new Resource<>(
        key,
        metadata.map("labels"),
        metadata.map("annotations"),
        created == null ? null : Instant.parse(created),
        view.at(),
        spec,
        CanonicalJson.of(key, view.node()));
  }

  /** The kind; null, with a finding, if it is not one of ours. */
  private @Nullable Kind kind() {
    String apiVersion = field("apiVersion");
    String name = field("kind");
    for (String needed : List.of("apiVersion", "kind")) {
      if (field(needed).isEmpty()) {
        check.report(
            FindingCode.NOT_AN_OBJECT,
            FieldPath.ROOT.field(needed),
            check.at(root),
            "not an object: " + needed + " is missing",
            "expected apiVersion, kind, metadata and spec");
        return null;
      }
    }
    int slash = apiVersion.indexOf('/');
    String group = slash < 0 ? "" : apiVersion.substring(0, slash);
    String version = apiVersion.substring(slash + 1);
    Kind kind = Kind.of(group, name).orElse(null);
    if (kind != null && kind.versions().contains(version)) {
      return kind;
    }
    if (kind == null) {
      kind =
          Stream.of(Kind.values()).filter(k -> k.kindName().equals(name)).findFirst().orElse(null);
    }
    if (ForeignKinds.isSkipped(group, name)) {
      unknown(FindingCode.KIND_SKIPPED, "kind", name + " has no meaning here and is skipped", "");
    } else if (ForeignKinds.isLater(group, name)) {
      unknown(FindingCode.UNKNOWN_KIND, "kind", "kind " + name + " is not yet supported", "");
    } else if (kind != null) {
      unknown(
          FindingCode.UNKNOWN_API_VERSION,
          "apiVersion",
          "there is no " + name + " in apiVersion " + Words.quote(apiVersion),
          "expected " + kind.apiVersion());
    } else {
      List<String> kinds = Stream.of(Kind.values()).map(Kind::kindName).toList();
      unknown(
          FindingCode.UNKNOWN_KIND,
          "kind",
          "unknown kind " + Words.quote(name),
          Words.suggest(name, kinds));
    }
    return null;
  }

  private void unknown(FindingCode code, String field, String message, String hint) {
    Node.Entry entry = root.entries().get(field);
    check.report(
        code,
        FieldPath.ROOT.field(field),
        check.at(entry == null ? root : entry.value()),
        message,
        hint);
  }

  /** The key; null, with a finding, if the name is missing or malformed. */
  private @Nullable ResourceKey key(Kind kind) {
    Node.Mapping metadata =
        ObjectSchema.value(root, "metadata") instanceof Node.Mapping mapping ? mapping : null;
    if (metadata == null) {
      return null;
    }
    String name = name(metadata, "name", KindSchemas.of(kind).nameFormat());
    String namespace = "";
    if (kind.namespaced()) {
      namespace =
          ObjectSchema.value(metadata, "namespace") == null
              ? DEFAULT_NAMESPACE
              : name(metadata, "namespace", Formats.DNS_LABEL);
    }
    return name == null || namespace == null ? null : new ResourceKey(kind, namespace, name);
  }

  private @Nullable String name(Node.Mapping metadata, String field, Format format) {
    Node node = ObjectSchema.value(metadata, field);
    if (node == null) {
      return null; // the schema reports what is missing
    }
    FieldPath path = FieldPath.ROOT.field("metadata").field(field);
    if (!(node instanceof Node.Scalar scalar) || scalar.type() != Node.Type.STRING) {
      Schema.wrongType(node, path, check, "a string", "put it in quotes");
      return null;
    }
    String problem = format.problem(scalar.text());
    if (problem != null) {
      check.report(FindingCode.BAD_NAME, path, check.at(node), problem);
      return null;
    }
    return scalar.text();
  }

  private String field(String field) {
    return ObjectSchema.value(root, field) instanceof Node.Scalar scalar ? scalar.text() : "";
  }
}
