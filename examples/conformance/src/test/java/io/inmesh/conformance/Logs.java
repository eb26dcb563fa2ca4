package io.inmesh.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What is logged in this JVM while it is open: by the mesh at any level, by others as usual. */
final class Logs implements AutoCloseable {
  private final Logger root = Logger.getLogger("");
  private final Logger ours = Logger.getLogger("io.inmesh");
  private final Level before = ours.getLevel();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          Object[] parameters = entry.getParameters();
          lines.add(
              entry.getMessage()
                  + " "
                  + (parameters == null ? "" : Arrays.toString(parameters))
                  + " "
                  + causes(entry.getThrown()));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  Logs() {
    ours.setLevel(Level.ALL);
    handler.setLevel(Level.ALL);
    root.addHandler(handler);
  }

  private static String causes(@Nullable Throwable thrown) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      text.append(cause).append(' ');
    }
    return text.toString();
  }

  /** Messages with their parameters and causes, oldest first. */
  List<String> lines() {
    return lines;
  }

  @Override
  public void close() {
    root.removeHandler(handler);
    ours.setLevel(before);
  }
}
