package io.inmesh.control;

import java.util.concurrent.ThreadLocalRandom;

/** Random numbers, as the engine draws them. Thread-safe. */
public interface Randomness {
  /** The per-thread generator of the JDK; not for secrets. */
  Randomness SYSTEM =
      new Randomness() {
        @Override
        public int nextInt(int bound) {
          return ThreadLocalRandom.current().nextInt(bound);
        }

        @Override
        public long nextLong() {
          return ThreadLocalRandom.current().nextLong();
        }

        @Override
        public double nextDouble() {
          return ThreadLocalRandom.current().nextDouble();
        }
      };

  /** Uniform in [0, bound). */
  int nextInt(int bound);

  /** Uniform over all longs. */
  long nextLong();

  /** Uniform in [0, 1). */
  double nextDouble();
}
