package io.inmesh.server.config;

import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Findings as JSON, for other programs. */
public final class FindingJson {

  private static final JsonFactory JSON = JsonFactory.builder().build();

  private FindingJson() {}

  /**
   * An array of objects with {@code code}, {@code level}, {@code message}, {@code hint}, {@code
   * kind}, {@code namespace}, {@code name}, {@code pointer}, {@code path}, {@code file}, {@code
   * line}, {@code column}; what is unknown is left out.
   */
  public static String render(List<Finding> findings) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartArray();
      findings.forEach(finding -> write(finding, out));
      out.writeEndArray();
    }
    return text.toString();
  }

  private static void write(Finding finding, JsonGenerator out) {
    out.writeStartObject();
    out.writeStringProperty("code", finding.code().id());
    out.writeStringProperty("level", finding.level().name().toLowerCase(Locale.ROOT));
    out.writeStringProperty("message", finding.message());
    text(out, "hint", finding.hint());
    ResourceKey key = finding.resource();
    if (key != null) {
      out.writeStringProperty("kind", key.kind().kindName());
      text(out, "namespace", key.namespace());
      out.writeStringProperty("name", key.name());
    }
    text(out, "pointer", finding.pointer());
    text(out, "path", FindingText.path(finding.pointer()));
    text(out, "file", finding.file());
    if (finding.line() > 0) {
      out.writeNumberProperty("line", finding.line());
      out.writeNumberProperty("column", finding.column());
    }
    out.writeEndObject();
  }

  private static void text(JsonGenerator out, String name, String value) {
    if (!value.isEmpty()) {
      out.writeStringProperty(name, value);
    }
  }
}
