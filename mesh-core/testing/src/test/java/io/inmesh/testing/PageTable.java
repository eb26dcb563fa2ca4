package io.inmesh.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A table of a page that is what a test computes. It is written anew where {@code
 * inmesh.docs.write} is true.
 *
 * @param page the file
 * @param begin the line before the table, with its end
 * @param end what follows the table
 */
public record PageTable(Path page, String begin, String end) {
  /** Fails if the page has another table. */
  public void isCurrent(String table) throws IOException {
    String now = Files.readString(page);
    String written =
        now.substring(0, now.indexOf(begin) + begin.length())
            + table
            + now.substring(now.indexOf(end));
    if (Boolean.getBoolean("inmesh.docs.write")) {
      Files.writeString(page, written);
    } else {
      assertThat(now).isEqualTo(written);
    }
  }
}
