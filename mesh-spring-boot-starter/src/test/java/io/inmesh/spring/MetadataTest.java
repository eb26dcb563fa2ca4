package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What editors know of the properties, and that they are all the library's settings. */
class MetadataTest {
  private static final Pattern KEY = Pattern.compile("(?m)^\\| `([a-z-]+)` \\| `INMESH_");

  @Test
  void everyProperty_isDescribed_withItsDefault() throws IOException {
    JsonNode metadata = metadata();
    for (JsonNode property : metadata.path("properties")) {
      assertThat(property.path("description").asString())
          .as(property.path("name").asString())
          .isNotBlank();
    }
    assertThat(names(metadata)).containsExactlyInAnyOrderElementsOf(expected());
    assertThat(property(metadata, "inmesh.enabled").path("defaultValue").asBoolean()).isTrue();
    assertThat(property(metadata, "inmesh.registration.port").path("defaultValue").asInt())
        .isEqualTo(80);
  }

  /** The table of settings in the documentation is checked against the library by its own tests. */
  @Test
  void everySettingOfTheLibrary_isAProperty() throws IOException {
    String documented = Files.readString(documentation());
    List<String> keys =
        KEY.matcher(documented).results().map((MatchResult r) -> "inmesh." + r.group(1)).toList();

    assertThat(keys).hasSizeGreaterThan(15);
    assertThat(names(metadata())).containsAll(keys);
  }

  /** Two modules run these tests. */
  private static Path documentation() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null && !Files.isDirectory(directory.resolve("docs"))) {
      directory = directory.getParent();
    }
    assertThat(directory).as("the repository").isNotNull();
    return directory.resolve("docs").resolve("client-configuration.md");
  }

  private static Set<String> expected() {
    return Stream.of(
            Stream.of(MeshProperties.class.getRecordComponents())
                .filter(component -> !component.getType().isRecord())
                .map(component -> "inmesh." + dashed(component)),
            Stream.of(MeshProperties.Outbound.class.getRecordComponents())
                .map(component -> "inmesh.outbound." + dashed(component)),
            Stream.of(MeshProperties.Server.class.getRecordComponents())
                .map(component -> "inmesh.server." + dashed(component)),
            Stream.of(MeshProperties.Registration.class.getRecordComponents())
                .map(component -> "inmesh.registration." + dashed(component)))
        .flatMap(names -> names)
        .collect(Collectors.toSet());
  }

  private static String dashed(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(java.util.Locale.ROOT);
  }

  static Set<String> names(JsonNode metadata) {
    Set<String> names = new TreeSet<>();
    metadata.path("properties").forEach(property -> names.add(property.path("name").asString()));
    return names;
  }

  private static JsonNode property(JsonNode metadata, String name) {
    for (JsonNode property : metadata.path("properties")) {
      if (property.path("name").asString().equals(name)) {
        return property;
      }
    }
    throw new AssertionError(name);
  }

  static JsonNode metadata() throws IOException {
    try (InputStream in =
        MeshProperties.class.getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
      assertThat(in).as("metadata of the properties").isNotNull();
      return JsonMapper.builder()
          .build()
          .readTree(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
