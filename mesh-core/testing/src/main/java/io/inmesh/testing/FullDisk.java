package io.inmesh.testing;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A disk without room for more: as long as this is open, no file of this process grows beyond a
 * size. What is written up to there arrives, the rest of the same write fails. Needs Linux.
 */
public final class FullDisk implements AutoCloseable {
  private FullDisk() {}

  /**
   * Fills it up.
   *
   * @param bytes of each file that there is still room for
   */
  public static FullDisk after(long bytes) throws IOException {
    limit(Long.toString(bytes));
    return new FullDisk();
  }

  /** There is room again. */
  @Override
  public void close() throws IOException {
    limit("unlimited");
  }

  /** The soft limit alone, so that it can be lifted again; the JVM ignores the signal. */
  private static void limit(String bytes) throws IOException {
    Process process;
    try {
      process =
          new ProcessBuilder(
                  "prlimit",
                  "--pid",
                  Long.toString(ProcessHandle.current().pid()),
                  "--fsize=" + bytes + ":")
              .inheritIO()
              .start();
    } catch (IOException e) {
      Assumptions.abort("this system has no prlimit: " + e.getMessage());
      throw e;
    }
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IOException("prlimit failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
