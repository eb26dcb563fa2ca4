package io.inmesh.identity;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Reads files every few seconds, so that links that are swapped and files that are overwritten are
 * noticed alike. Disks may be slow: the control loop only hears of what was read. State lives
 * there.
 */
final class FilePoll<T> {
  /** How often files are looked at. */
  static final Duration INTERVAL = Duration.ofSeconds(5);

  /** What is done each time. */
  interface Reading<T> {
    T read() throws IOException;
  }

  private final ControlLoop loop;
  private final Executor blocking;
  private final Reading<T> reading;
  private final Consumer<T> found;
  private final Consumer<IOException> failed;
  private Cancellable timer = Cancellable.NONE;
  private boolean closed;

  FilePoll(
      ControlLoop loop,
      Executor blocking,
      Reading<T> reading,
      Consumer<T> found,
      Consumer<IOException> failed) {
    this.loop = loop;
    this.blocking = blocking;
    this.reading = reading;
    this.found = found;
    this.failed = failed;
  }

  /** Looks now, and from then on again and again. On the control loop. */
  void look() {
    if (!closed) {
      blocking.execute(this::read);
    }
  }

  private void read() {
    try {
      T read = reading.read();
      loop.execute(() -> tell(() -> found.accept(read)));
    } catch (IOException e) {
      loop.execute(() -> tell(() -> failed.accept(e)));
    }
  }

  private void tell(Runnable told) {
    if (!closed) {
      told.run();
      timer = loop.schedule(INTERVAL.toNanos(), this::look);
    }
  }

  /** On the control loop. */
  void close() {
    closed = true;
    timer.cancel();
  }
}
