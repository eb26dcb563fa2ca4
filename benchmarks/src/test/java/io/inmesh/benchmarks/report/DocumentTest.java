package io.inmesh.benchmarks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Results get into the page. */
class DocumentTest {
  @TempDir Path results;

  @Test
  void parts_areReplacedByTheirFiles_andTheRestIsLeftAlone() throws IOException {
    Files.writeString(results.resolve("one.md"), "| new | $1 |\n");
    String page =
        """
        before
        <!-- from one.md: One -->
        old
        old
        <!-- end -->
        between
        <!-- from two.md: Two -->
        old
        <!-- end -->
        after
        """;
    String filled = Document.filled(page, results);
    assertThat(filled)
        .isEqualTo(
            """
            before
            <!-- from one.md: One -->

            ### One

            | new | $1 |

            <!-- end -->
            between
            <!-- from two.md: Two -->
            <!-- end -->
            after
            """);
    assertThat(Document.filled(filled, results)).isEqualTo(filled);
  }
}
