package io.inmesh.conformance;

import io.inmesh.conformance.world.Request;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of configuration with requests and what must come of them, in lines that begin with {@code
 * #?}: {@code GET echo/path with name: value; … as namespace => expectation; …}. A line {@code #
 * warns CODE} names a finding that belongs to it.
 *
 * @param name of the file
 * @param yaml the configuration
 * @param cases in the order written
 * @param findings the codes that must be reported
 */
record Scenario(String name, String yaml, List<Case> cases, List<String> findings) {
  private static final Pattern CASE =
      Pattern.compile("#\\? (GET|CALL) (\\S+)(?: with (.*?))?(?: as (\\S+))? => (.*)");
  private static final Pattern WARNS = Pattern.compile("# warns (IM[0-9]{4})");

  /**
   * A request.
   *
   * @param namespace of the caller; empty: that of the servers
   * @param expected what must come of it, one by one
   */
  record Case(String line, Request request, String namespace, List<String> expected) {}

  /** Those of a directory of the test's resources, by name. */
  static List<Scenario> all(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Scenario> all = new ArrayList<>();
      for (Path file : files.sorted().toList()) {
        all.add(read(file));
      }
      return all;
    }
  }

  private static Scenario read(Path file) throws IOException {
    String yaml = Files.readString(file);
    List<Case> cases = new ArrayList<>();
    List<String> findings = new ArrayList<>();
    for (String line : yaml.lines().toList()) {
      Matcher warns = WARNS.matcher(line);
      if (warns.matches()) {
        findings.add(warns.group(1));
      } else if (line.startsWith("#?")) {
        cases.add(parse(line));
      }
    }
    return new Scenario(String.valueOf(file.getFileName()), yaml, cases, findings);
  }

  private static Case parse(String line) {
    Matcher matcher = CASE.matcher(line);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("cannot be read: " + line);
    }
    Request request = Request.get(matcher.group(2));
    if (matcher.group(3) != null) {
      for (String header : matcher.group(3).split("; ", -1)) {
        String[] parts = header.split(": ", 2);
        request = request.header(parts[0], parts[1]);
      }
    }
    return new Case(
        line,
        request,
        matcher.group(4) == null ? "" : matcher.group(4),
        List.of(matcher.group(5).split("; ", -1)));
  }
}
