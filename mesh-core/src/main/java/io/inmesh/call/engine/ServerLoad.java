package io.inmesh.call.engine;

import com.sun.management.OperatingSystemMXBean;
import io.inmesh.call.Headers;
import io.inmesh.call.LoadReport;
import io.inmesh.call.MeshHeaders;
import io.inmesh.control.Clock;
import java.lang.management.ManagementFactory;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * What this process reports of its load to those who ask: sampled when it is asked for, no more
 * than once a second. Thread-safe.
 */
final class ServerLoad {
  private static final long WINDOW_NANOS = 1_000_000_000L;

  /** A report in the forms it is sent in. */
  private record Sample(LoadReport report, String text, String binary) {
    static Sample of(LoadReport report) {
      return new Sample(
          report, report.header(), Base64.getEncoder().encodeToString(report.bytes()));
    }
  }

  private final Clock clock;
  private final DoubleSupplier application;
  private final DoubleSupplier processors;
  private final LongAdder requests = new LongAdder();
  private final LongAdder errors = new LongAdder();
  private final AtomicLong begun;
  private volatile Sample last = Sample.of(new LoadReport(0, 0, 0, 0));

  ServerLoad(Clock clock, DoubleSupplier application) {
    this(clock, application, Processors::load);
  }

  /**
   * A source.
   *
   * @param application how full it is by its own account; 0: it has none
   * @param processors share of them that is in use, 0 to 1; negative: not known
   */
  ServerLoad(Clock clock, DoubleSupplier application, DoubleSupplier processors) {
    this.clock = clock;
    this.application = application;
    this.processors = processors;
    this.begun = new AtomicLong(clock.nanoTime());
  }

  /** A request was answered. */
  void answered(boolean failed) {
    requests.increment();
    if (failed) {
      errors.increment();
    }
  }

  LoadReport report() {
    return sample().report();
  }

  /** Adds the report to the fields that end a response. */
  void write(Headers headers, boolean grpc) {
    Sample now = sample();
    if (grpc) {
      headers.set(MeshHeaders.LOAD_METRICS_BIN, now.binary());
    } else {
      headers.set(MeshHeaders.LOAD_METRICS, now.text());
    }
  }

  private Sample sample() {
    long now = clock.nanoTime();
    long from = begun.get();
    if (now - from >= WINDOW_NANOS && begun.compareAndSet(from, now)) {
      double seconds = (now - from) / 1e9;
      last =
          Sample.of(
              new LoadReport(
                  Math.max(0, processors.getAsDouble()),
                  ofApplication(),
                  requests.sumThenReset() / seconds,
                  errors.sumThenReset() / seconds));
    }
    return last;
  }

  /** It may answer anything; a response must not fail over it. */
  private double ofApplication() {
    try {
      double value = application.getAsDouble();
      return value > 0 && value < Double.POSITIVE_INFINITY ? value : 0;
    } catch (RuntimeException e) {
      return 0;
    }
  }

  /**
   * Of the machine, or of the container if there is one. A class of its own, so that the management
   * interface is loaded with the first report and not with the engine.
   */
  private static final class Processors {
    private static final OperatingSystemMXBean SYSTEM =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    static double load() {
      return SYSTEM.getCpuLoad();
    }
  }
}
