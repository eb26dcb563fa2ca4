package io.inmesh;

import java.text.MessageFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects what the library logs at WARNING and above while it is open. */
final class Logged implements AutoCloseable {
  private final Logger logger = Logger.getLogger("io.inmesh");
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
            Object[] parameters = entry.getParameters();
            messages.add(
                parameters == null || parameters.length == 0
                    ? entry.getMessage()
                    : new MessageFormat(entry.getMessage(), java.util.Locale.ROOT)
                        .format(parameters));
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  Logged() {
    logger.addHandler(handler);
  }

  List<String> messages() {
    return messages;
  }

  boolean any() {
    return !messages.isEmpty();
  }

  @Override
  public void close() {
    logger.removeHandler(handler);
  }
}
