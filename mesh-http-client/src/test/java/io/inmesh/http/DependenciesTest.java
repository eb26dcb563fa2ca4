package io.inmesh.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/dependencies.md lists what this module brings along, with its size. */
class DependenciesTest {
  private static final Path DOCUMENT = Path.of("../docs/dependencies.md");
  private static final Pattern ROW = Pattern.compile("\\| `([a-z0-9_-]+)` \\| *(\\d+) \\|");
  private static final Pattern JAR = Pattern.compile("(.+?)-\\d[\\w.-]*\\.jar");

  /** Ours, those of tests, and what is optional. */
  private static final Pattern NOT_LISTED =
      Pattern.compile(
          "mesh-.*|junit-.*|opentest4j|apiguardian-api|assertj-core|byte-buddy|archunit.*"
              + "|netty-transport-classes-epoll|netty-tcnative-.*");

  @Test
  void document_saysWhatIsOnTheClassPath() throws IOException {
    Map<String, Long> documented = new TreeMap<>();
    Matcher row = ROW.matcher(Files.readString(DOCUMENT));
    while (row.find()) {
      documented.put(row.group(1), Long.valueOf(row.group(2)));
    }
    assertThat(documented)
        .as("the table of docs/dependencies.md: libraries and their sizes in kB")
        .isEqualTo(onTheClassPath());
  }

  private static Map<String, Long> onTheClassPath() throws IOException {
    Map<String, Long> libraries = new TreeMap<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path path = Path.of(entry);
      Matcher jar = JAR.matcher(path.getFileName().toString());
      if (jar.matches() && !NOT_LISTED.matcher(jar.group(1)).matches()) {
        libraries.put(jar.group(1), (Files.size(path) + 512) / 1024);
      }
    }
    return libraries;
  }
}
