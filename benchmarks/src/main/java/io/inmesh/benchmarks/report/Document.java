package io.inmesh.benchmarks.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Writes what was measured into a page: between {@code <!-- from PATH: TITLE -->} and {@code <!--
 * end -->} stands the text of that file of the directory of results under its title. What lies
 * between is replaced, the rest of the page is left alone.
 */
public final class Document {
  private static final Pattern PART =
      Pattern.compile(
          "(<!-- from ([^\\s:]+)(?:: ([^\\n]*?))? -->\\n).*?(<!-- end -->)", Pattern.DOTALL);

  private Document() {}

  /** Arguments: the page, and the directory of results. */
  public static void main(String[] args) throws IOException {
    Path page = Path.of(args[0]);
    Path results = Path.of(args[1]);
    Files.writeString(results.resolve("targets.md"), TargetTable.of(results));
    String text = Files.readString(page);
    Files.writeString(page, filled(text, results));
    System.out.println(page.normalize() + " has the newest results");
  }

  /** The page with its parts replaced; of a part whose file is not there only the place stays. */
  static String filled(String page, Path results) throws IOException {
    StringBuilder text = new StringBuilder();
    Matcher part = PART.matcher(page);
    while (part.find()) {
      Path file = results.resolve(part.group(2));
      String title = part.group(3) == null ? "" : "### " + part.group(3) + "\n\n";
      String content =
          Files.exists(file) ? "\n" + title + Files.readString(file).strip() + "\n\n" : "";
      part.appendReplacement(
          text, Matcher.quoteReplacement(part.group(1) + content + part.group(4)));
    }
    return part.appendTail(text).toString();
  }

  /** The command line as it was typed. */
  public static String command(@Nullable CommandSpec spec) {
    if (spec == null) {
      return "";
    }
    return spec.commandLine().getParseResult().originalArgs().stream()
        .map(argument -> argument.contains(" ") ? "'" + argument + "'" : argument)
        .collect(Collectors.joining(" ", spec.name() + " ", ""));
  }
}
