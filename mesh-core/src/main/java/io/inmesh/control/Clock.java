package io.inmesh.control;

/** Time, as the engine reads it. Thread-safe. */
public interface Clock {
  /** The machine's clock. */
  Clock SYSTEM =
      new Clock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public long epochMillis() {
          return System.currentTimeMillis();
        }
      };

  /** Monotonic nanoseconds; only differences mean anything. */
  long nanoTime();

  /** Wall-clock milliseconds since the epoch; may jump. */
  long epochMillis();
}
