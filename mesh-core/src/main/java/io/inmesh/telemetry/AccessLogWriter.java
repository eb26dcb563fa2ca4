package io.inmesh.telemetry;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.LongCounter;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Hands lines to the logger {@value #LOGGER}, on a thread of its own that lives while there are
 * any: what the application does with its log never holds up a call. When the logger is slower than
 * the calls, or fails, lines are dropped and counted. Thread-safe.
 */
public final class AccessLogWriter {
  /** At this logger the application says where access logs go. */
  public static final String LOGGER = "io.inmesh.access";

  /** How many lines wait at most, about. */
  static final int CAPACITY = 8192;

  private final Queue<String> lines = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Executor executor;
  private final Consumer<String> logger;
  private final LongCounter dropped;

  /** A writer to the application's logger. */
  public AccessLogWriter(OpenTelemetry telemetry) {
    this(telemetry, thread(), LoggerHolder::log);
  }

  AccessLogWriter(OpenTelemetry telemetry, Executor executor, Consumer<String> logger) {
    this.executor = executor;
    this.logger = logger;
    this.dropped =
        telemetry
            .getMeter(InstrumentNames.SCOPE)
            .counterBuilder(InstrumentNames.ACCESS_LOG_DROPPED)
            .build();
  }

  /** Found when the first line is written: most processes never write one. */
  private static final class LoggerHolder {
    private static final System.Logger ACCESS = System.getLogger(LOGGER);

    static void log(String line) {
      ACCESS.log(System.Logger.Level.INFO, line);
    }
  }

  private static Executor thread() {
    ThreadPoolExecutor one =
        new ThreadPoolExecutor(
            1,
            1,
            1,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> {
              Thread thread = new Thread(task, "inmesh-access-log");
              thread.setDaemon(true);
              return thread;
            });
    one.allowCoreThreadTimeOut(true);
    return one;
  }

  void write(String line) {
    if (waiting.get() >= CAPACITY) {
      dropped.add(1);
      return;
    }
    lines.add(line);
    if (waiting.getAndIncrement() == 0) {
      try {
        executor.execute(() -> drain(logger));
      } catch (RuntimeException | Error e) { // no thread: else these lines would wait for ever
        drain(unwritten -> dropped.add(1));
      }
    }
  }

  /** Whatever happens to a line, it waits no more, and the next one has its turn. */
  private void drain(Consumer<String> to) {
    do {
      String line = lines.poll();
      if (line != null) {
        try {
          to.accept(line);
        } catch (RuntimeException | Error e) { // the application's logging failed
          dropped.add(1);
        }
      }
    } while (waiting.decrementAndGet() > 0);
  }
}
