package io.inmesh.server.config;

import java.io.StringWriter;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes an object as JSON that is the same for every way of writing the same configuration. */
final class CanonicalJson {

  private static final JsonFactory JSON = JsonFactory.builder().build();

  private CanonicalJson() {}

  /** The object without status, positions, nulls and what clusters add to metadata; keys sorted. */
  static String of(ResourceKey key, Node.Mapping root) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartObject();
      out.writeStringProperty("apiVersion", key.kind().apiVersion());
      out.writeStringProperty("kind", key.kind().kindName());
      out.writeName("metadata");
      out.writeStartObject();
      if (ObjectSchema.value(root, "metadata") instanceof Node.Mapping metadata) {
        for (String field : new String[] {"annotations", "creationTimestamp", "labels"}) {
          Node value = ObjectSchema.value(metadata, field);
          if (value != null) {
            out.writeName(field);
            write(value, out);
          }
        }
      }
      out.writeStringProperty("name", key.name());
      if (key.kind().namespaced()) {
        out.writeStringProperty("namespace", key.namespace());
      }
      out.writeEndObject();
      String field = KindSchemas.of(key.kind()).field();
      Node spec = ObjectSchema.value(root, field);
      if (spec != null) {
        out.writeName(field);
        write(spec, out);
      }
      out.writeEndObject();
    }
    return text.toString();
  }

  /** A value as it is written, keys in order. */
  static String of(Node node) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      write(node, out);
    }
    return text.toString();
  }

  private static void write(Node node, JsonGenerator out) {
    if (node instanceof Node.Mapping mapping) {
      out.writeStartObject();
      for (Map.Entry<String, Node.Entry> entry : new TreeMap<>(mapping.entries()).entrySet()) {
        if (!entry.getValue().value().isNull()) {
          out.writeName(entry.getKey());
          write(entry.getValue().value(), out);
        }
      }
      out.writeEndObject();
    } else if (node instanceof Node.Sequence sequence) {
      out.writeStartArray();
      for (Node item : sequence.items()) {
        write(item, out);
      }
      out.writeEndArray();
    } else if (node instanceof Node.Scalar scalar) {
      write(scalar, out);
    }
  }

  private static void write(Node.Scalar scalar, JsonGenerator out) {
    switch (scalar.type()) {
      case STRING -> out.writeString(scalar.text());
      case BOOLEAN -> out.writeBoolean(Boolean.parseBoolean(scalar.text()));
      case INTEGER -> out.writeNumber(NumberSchema.parse(scalar.text()));
      case DECIMAL -> decimal(scalar.text(), out);
      case NULL -> out.writeNull();
    }
  }

  private static void decimal(String text, JsonGenerator out) {
    try {
      out.writeNumber(new BigDecimal(text.replace("_", "")));
    } catch (NumberFormatException e) {
      out.writeString(text); // .inf and the like, which JSON does not have
    }
  }
}
