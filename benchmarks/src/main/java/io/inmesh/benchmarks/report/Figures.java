package io.inmesh.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** What a measurement found, by name, as a file that {@link TargetTable} reads. */
final class Figures {
  private static final JsonMapper JSON = new JsonMapper();

  private final Map<String, Interval> byName = new LinkedHashMap<>();

  void add(String name, double... values) {
    byName.put(name, Interval.of(values));
  }

  boolean isEmpty() {
    return byName.isEmpty();
  }

  void write(Path file) throws IOException {
    Files.writeString(file, JSON.writeValueAsString(byName) + "\n");
  }

  /** Those of a file; none if it does not exist. */
  static Map<String, Interval> read(Path file) throws IOException {
    return Files.exists(file)
        ? JSON.readValue(Files.readString(file), new TypeReference<Map<String, Interval>>() {})
        : Map.of();
  }
}
