package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshConfig;
import io.inmesh.server.compile.Validation;
import io.inmesh.server.config.Finding;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.config.YamlPropertiesFactoryBean;
import org.springframework.core.io.ByteArrayResource;

/**
 * What the documentation shows can be copied: configuration of the mesh passes {@code inmesh
 * validate}, settings of processes are known.
 *
 * <p>The word after {@code ```yaml} says whose settings a block has: none is the control server's,
 * {@code client} a process's file, {@code spring} an {@code application.yml}; {@code abridged} are
 * those that leave something out, where there is a …, and so cannot be copied as they are.
 */
class DocumentSamplesTest {
  private static final Path DOCUMENTS = Path.of("../docs");
  private static final Pattern FENCE =
      Pattern.compile("(?ms)^( *)```(yaml|properties)([^\\n]*)\\n(.*?)^\\1```$");

  /** The Services that pages are about, and which not every block repeats. */
  private static final List<String> BACKDROP =
      List.of(
          "shop/orders",
          "shop/orders-v1",
          "shop/orders-v2",
          "default/orders",
          "default/orders-standby");

  /**
   * A block.
   *
   * @param where file and line
   * @param kind the language, and the word after it
   */
  record Sample(String where, String kind, String text) {
    @Override
    public String toString() {
      return where;
    }
  }

  static Stream<Sample> samples() throws IOException {
    List<Sample> samples = new ArrayList<>();
    try (Stream<Path> pages = Files.list(DOCUMENTS)) {
      for (Path page :
          Stream.concat(Stream.of(Path.of("../README.md")), pages.sorted())
              .filter(each -> each.toString().endsWith(".md"))
              .toList()) {
        String text = Files.readString(page);
        Matcher fence = FENCE.matcher(text);
        while (fence.find()) {
          long line = text.substring(0, fence.start()).lines().count() + 1;
          samples.add(
              new Sample(
                  page.getFileName() + ":" + line,
                  (fence.group(2) + " " + fence.group(3).strip()).strip(),
                  fence.group(4).stripIndent()));
        }
      }
    }
    return samples.stream();
  }

  @ParameterizedTest
  @MethodSource("samples")
  void block_isValid(Sample sample, @TempDir Path directory) throws IOException {
    switch (sample.kind()) {
      case "yaml" -> validate(sample, directory);
      case "yaml abridged" -> assertThat(sample.text()).contains("…");
      case "yaml client" ->
          assertThat(
                  MeshConfig.builder()
                      .file(Files.writeString(directory.resolve("mesh.yaml"), sample.text()))
                      .insecure(true)
                      .build())
              .isNotNull();
      case "yaml spring" -> {
        YamlPropertiesFactoryBean yaml = new YamlPropertiesFactoryBean();
        yaml.setResources(new ByteArrayResource(sample.text().getBytes(StandardCharsets.UTF_8)));
        assertKnown(Objects.requireNonNull(yaml.getObject()));
      }
      case "properties" -> {
        Properties properties = new Properties();
        properties.load(new StringReader(sample.text()));
        assertKnown(properties);
      }
      default -> throw new AssertionError("what is '" + sample.kind() + "'?");
    }
  }

  private static void validate(Sample sample, Path directory) throws IOException {
    Files.writeString(directory.resolve("sample.yaml"), sample.text());
    for (String service : BACKDROP) {
      String namespace = service.substring(0, service.indexOf('/'));
      String name = service.substring(service.indexOf('/') + 1);
      if (!sample
          .text()
          .contains("kind: Service\nmetadata: {name: " + name + ", namespace: " + namespace)) {
        Files.writeString(
            directory.resolve(namespace + "-" + name + ".yaml"),
            """
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: %s}
            spec: {selector: {app: %s}, ports: [{name: http, port: 80}]}
            """
                .formatted(name, namespace, name));
      }
    }
    List<Finding> findings = Validation.of(directory).findings();
    assertThat(findings).filteredOn(finding -> finding.level() != Finding.Level.INFO).isEmpty();
  }

  private static void assertKnown(Properties properties) throws IOException {
    Set<String> known = MetadataTest.names(MetadataTest.metadata());
    assertThat(properties.stringPropertyNames())
        .isNotEmpty()
        .allSatisfy(
            name -> {
              if (name.startsWith("inmesh.")) {
                assertThat(known).contains(name);
              }
            });
  }
}
