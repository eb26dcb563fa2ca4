package io.inmesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/features.md claims nothing without a test that exists. */
class FeaturesDocumentTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  private static final Pattern NAME = Pattern.compile("`(\\w+)`");
  private static final Pattern ID = Pattern.compile("([A-Z]{2,3})-(\\d\\d)");
  private static final Pattern RANGE = Pattern.compile(ID + "(?: … " + ID + ")?");

  /** The capabilities that must be there, one a line; after some, what is open. */
  private static final Path REQUIRED = Path.of("src/test/resources/features/required.txt");

  @Test
  void everyRow_namesTestsThatExist() throws IOException {
    assertThat(wrong(rows())).isEmpty();
  }

  @Test
  void whatSpringsContainersDo_namesTestsThatExist() throws IOException {
    List<String> rows =
        Files.readAllLines(ROOT.resolve("docs/spring.md")).stream()
            .filter(line -> line.startsWith("|") && line.contains("Test`"))
            .toList();
    assertThat(rows).hasSizeGreaterThan(5);
    assertThat(wrong(rows)).isEmpty();
  }

  /** What is wrong in the last cells of these rows. */
  private static List<String> wrong(List<String> rows) throws IOException {
    Set<String> tests = tests();
    List<String> wrong = new ArrayList<>();
    for (String row : rows) {
      String[] cells = row.split("\\|", -1);
      String shownBy = cells[cells.length - 2];
      Matcher name = NAME.matcher(shownBy);
      boolean any = false;
      while (name.find()) {
        any = true;
        if (!tests.contains(name.group(1))) {
          wrong.add(name.group(1) + " does not exist: " + row);
        }
      }
      if (!any) {
        wrong.add("no test is named: " + row);
      }
    }
    return wrong;
  }

  @Test
  void everyRow_hasAnIdAndIsThereOnce() throws IOException {
    List<String> capabilities = new ArrayList<>();
    for (String row : rows()) {
      String[] cells = row.split("\\|", -1);
      assertThat(cells[1]).as(row).containsPattern(ID);
      capabilities.add(cells[2]);
    }
    assertThat(capabilities).doesNotHaveDuplicates().hasSizeGreaterThan(20);
  }

  @Test
  void everyRequiredCapability_hasARowAndAStatus() throws IOException {
    Set<String> listed = new HashSet<>();
    for (String row : rows()) {
      String[] cells = row.split("\\|", -1);
      assertThat(cells[3].strip()).as("HTTP: " + row).matches("yes|–|[a-z ]+");
      assertThat(cells[4].strip()).as("gRPC: " + row).matches("yes|–|[a-z ]+");
      listed.addAll(ids(cells[1]));
    }
    List<String> wrong = new ArrayList<>();
    for (String line : Files.readAllLines(REQUIRED)) {
      boolean open = line.contains(" open: ");
      if (listed.contains(line.substring(0, line.indexOf('-') + 3)) == open) {
        wrong.add(line);
      }
    }
    assertThat(wrong).as("neither in docs/features.md nor open, or both").isEmpty();
  }

  /** Ranges are all that lies between. */
  private static List<String> ids(String cell) {
    List<String> ids = new ArrayList<>();
    Matcher range = RANGE.matcher(cell);
    while (range.find()) {
      int first = Integer.parseInt(range.group(2));
      int last = range.group(4) == null ? first : Integer.parseInt(range.group(4));
      for (int number = first; number <= last; number++) {
        ids.add("%s-%02d".formatted(range.group(1), number));
      }
    }
    return ids;
  }

  private static List<String> rows() throws IOException {
    return Files.readAllLines(ROOT.resolve("docs/features.md")).stream()
        .filter(
            line -> line.startsWith("|") && !line.startsWith("| ID |") && !line.startsWith("| -"))
        .toList();
  }

  /** The simple names of all test classes of the repository. */
  private static Set<String> tests() throws IOException {
    Set<String> names = new HashSet<>();
    for (Path sources : sources()) {
      try (Stream<Path> files = Files.walk(sources)) {
        files
            .map(file -> file.getFileName().toString())
            .filter(name -> name.endsWith("Test.java") || name.endsWith("IT.java"))
            .forEach(name -> names.add(name.substring(0, name.length() - ".java".length())));
      }
    }
    return names;
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> modules = Files.walk(ROOT, 2)) {
      return modules
          .map(module -> module.resolve("src/test/java"))
          .filter(Files::isDirectory)
          .toList();
    }
  }
}
