package io.inmesh.benchmarks.report;

import io.inmesh.benchmarks.e2e.Machine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** What a measurement prints, on the console and into a file. Confined to one thread. */
public final class Page {
  private final @Nullable Path file;

  /**
   * Begins with the command, the commit, the date and the machine.
   *
   * @param file replaced; null: the console alone
   */
  public Page(@Nullable Path file, @Nullable CommandSpec command) throws IOException {
    this.file = file;
    if (file != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Files.writeString(file, "");
    }
    print("%s%n", new Machine().describe(Document.command(command)));
  }

  /** Prints as {@link String#format} does. */
  public void print(String format, Object... values) {
    String text = String.format(Locale.ROOT, format, values);
    System.out.print(text);
    if (file != null) {
      try {
        Files.writeString(file, text, StandardOpenOption.APPEND);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
