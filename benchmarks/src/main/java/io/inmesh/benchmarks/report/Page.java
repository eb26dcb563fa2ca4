package io.inmesh.benchmarks.report;

import io.inmesh.benchmarks.e2e.Machine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a measurement prints, on the console and, when it is complete, into a file; its figures go
 * into another one beside it. Confined to one thread.
 */
public final class Page {
  private final @Nullable Path file;
  private final StringBuilder text = new StringBuilder();
  private final Figures figures = new Figures();

  /**
   * Begins with the command, the commit, the date and the machine.
   *
   * @param file replaced; null: the console alone
   */
  public Page(@Nullable Path file, @Nullable CommandSpec command) {
    this.file = file;
    print("%s%n", new Machine().describe(Document.command(command)));
  }

  /** Prints as {@link String#format} does. */
  public void print(String format, Object... values) {
    String added = String.format(Locale.ROOT, format, values);
    System.out.print(added);
    text.append(added);
  }

  /** Notes the values of a figure. */
  public void figure(String name, double... values) {
    figures.add(name, values);
  }

  /** Writes the files: {@code NAME.md} and, if there are figures, {@code NAME.json}. */
  public void write() throws IOException {
    if (file != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      if (!figures.isEmpty()) {
        figures.write(Path.of(file.toString().replaceAll("\\.md$", "") + ".json"));
      }
      Files.writeString(file, text);
    }
  }
}
