package io.inmesh.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ReferenceDocsTest {

  private static final Path DOCS = Path.of("..", "docs");

  /**
   * To write the page anew: {@code mvn test -Dtest=ReferenceDocsTest -Dinmesh.docs.update=true}.
   */
  @Test
  void configPage_isWhatTheSchemasSay() throws Exception {
    Path page = DOCS.resolve("config.md");
    if (Boolean.getBoolean("inmesh.docs.update")) {
      Files.writeString(page, SchemaDoc.render());
    }

    assertThat(page).hasContent(SchemaDoc.render());
  }

  @Test
  void findingsPage_hasEveryCodeWithItsLevel() throws Exception {
    String page = Files.readString(DOCS.resolve("findings.md"));

    for (FindingCode code : FindingCode.values()) {
      assertThat(page)
          .contains(
              "| " + code.id() + " | " + code.level().name().toLowerCase(java.util.Locale.ROOT));
    }
  }

  @Test
  void findingCodes_areUnique() {
    assertThat(FindingCode.values()).extracting(FindingCode::id).doesNotHaveDuplicates();
  }
}
