package io.inmesh.server.config;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The objects in force, kept across restarts: one line of JSON per object with the place it came
 * from. Written to a temporary file and moved, so that it is always whole.
 */
final class LastGood {

  private static final System.Logger LOG = System.getLogger(LastGood.class.getName());
  private static final JsonFactory JSON = JsonFactory.builder().build();

  private final Path file;
  private @Nullable String written;

  LastGood(Path file) {
    this.file = file;
  }

  /** What was in force; what cannot be read any more is left out, with a finding. */
  Collection<Resource<?>> read(List<Finding> findings) {
    Map<ResourceKey, Resource<?>> resources = new LinkedHashMap<>();
    int lost = 0;
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String line;
      while ((line = lines.readLine()) != null) {
        Resource<?> resource = read(line);
        if (resource == null) {
          lost++;
        } else {
          resources.putIfAbsent(resource.key(), resource);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException | UncheckedIOException e) {
      findings.add(
          Finding.of(
              FindingCode.STATE_UNREADABLE,
              Provenance.UNKNOWN,
              "the last valid configuration in " + file + " cannot be read: " + e));
    }
    if (lost > 0) {
      findings.add(
          Finding.of(
              FindingCode.STATE_UNREADABLE,
              Provenance.UNKNOWN,
              lost + " objects of the last valid configuration in " + file + " are not valid now"));
    }
    return resources.values();
  }

  private static @Nullable Resource<?> read(String line) {
    Documents documents = DocumentParser.parse("state.json", line.getBytes(StandardCharsets.UTF_8));
    if (documents.roots().size() != 1
        || !(documents.roots().get(0) instanceof Node.Mapping entry)
        || !(ObjectSchema.value(entry, "file") instanceof Node.Scalar from)
        || !(ObjectSchema.value(entry, "line") instanceof Node.Scalar at)
        || !(ObjectSchema.value(entry, "column") instanceof Node.Scalar column)
        || !(ObjectSchema.value(entry, "object") instanceof Node.Mapping object)) {
      return null;
    }
    Provenance provenance = new Provenance(from.text(), toInt(at), toInt(column));
    List<ParsedObject> objects = new ArrayList<>();
    ObjectReader.read(from.text(), object, provenance, objects);
    return objects.size() == 1 ? objects.get(0).resource() : null;
  }

  private static int toInt(Node.Scalar scalar) {
    try {
      return Integer.parseInt(scalar.text());
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** Writes what is in force, if it has changed. */
  void write(ConfigSet set, List<Finding> findings) {
    List<String> lines = new ArrayList<>();
    for (Resource<?> resource : set.all()) {
      lines.add(line(resource));
    }
    String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    if (text.equals(written)) {
      return;
    }
    try {
      Path directory = file.toAbsolutePath().getParent();
      if (directory != null) {
        Files.createDirectories(directory);
      }
      Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
      try {
        Files.writeString(temporary, text);
        try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
          channel.force(true);
        }
        move(temporary);
      } finally {
        Files.deleteIfExists(temporary); // half of it would only take up room
      }
      written = text;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.WARNING, "cannot write " + file, e);
      findings.add(
          Finding.of(
              FindingCode.STATE_UNWRITABLE,
              Provenance.UNKNOWN,
              "what is in force cannot be written to " + file + ": " + e));
    }
  }

  private void move(Path temporary) throws IOException {
    try {
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static String line(Resource<?> resource) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
      out.writeStartObject();
      out.writeStringProperty("file", resource.provenance().file());
      out.writeNumberProperty("line", resource.provenance().line());
      out.writeNumberProperty("column", resource.provenance().column());
      out.writeName("object");
      out.writeRawValue(resource.canonical());
      out.writeEndObject();
    }
    return text.toString();
  }
}
