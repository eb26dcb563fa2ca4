package io.inmesh.conformance.world;

import java.text.MessageFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What this JVM logs at WARNING and above while it is open, ours or a library's, and what no thread
 * caught.
 */
final class Warnings implements AutoCloseable {
  private final Logger root = Logger.getLogger("");
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private final List<Pattern> expected = new ArrayList<>();
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          if (entry.getLevel().intValue() >= Level.WARNING.intValue()) {
            messages.add(entry.getLoggerName() + ": " + text(entry));
          }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  private final Thread.@Nullable UncaughtExceptionHandler before =
      Thread.getDefaultUncaughtExceptionHandler();

  Warnings() {
    // Worlds end with a cut, and event loops of gRPC and of others that end without a quiet period
    // may leave connections open, with what was half read. The collector tells it in the middle of
    // another case. LeftoversTest counts what is kept.
    expect(
        "(?s)LEAK: ByteBuf.*(io\\.grpc\\.netty\\.NettyReadableBuffer|'NettyClientHandler#0'"
            + "|handler\\.ssl\\.SslHandler\\.decode)");
    // A connection that is accepted while gRPC's server ends finds the server's references let go.
    expect(
        "Failed to initialize a channel.*IllegalReferenceCountException: refCnt: 0, increment: 1");
    root.addHandler(handler);
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> messages.add("uncaught in " + thread.getName() + ": " + failure));
  }

  private static String text(LogRecord entry) {
    Object[] parameters = entry.getParameters();
    String text =
        parameters == null || parameters.length == 0
            ? entry.getMessage()
            : new MessageFormat(entry.getMessage(), Locale.ROOT).format(parameters);
    return entry.getThrown() == null ? text : text + ": " + entry.getThrown();
  }

  void expect(String regex) {
    expected.add(Pattern.compile(regex));
  }

  /** What was logged and not expected. */
  List<String> unexpected() {
    return messages.stream()
        .filter(message -> expected.stream().noneMatch(each -> each.matcher(message).find()))
        .toList();
  }

  @Override
  public void close() {
    Thread.setDefaultUncaughtExceptionHandler(before);
    root.removeHandler(handler);
  }
}
