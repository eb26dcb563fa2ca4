package io.inmesh.examples.echo;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How a server behaves, to try out what the mesh does about it.
 *
 * @param status HTTP status of its answers; gRPC answers UNAVAILABLE for 503, INTERNAL for other
 *     5xx
 * @param delayMillis before it answers
 * @param failRate share of requests that get 503 instead, 0 to 1
 */
record Behaviour(int status, long delayMillis, double failRate) {
  /** Waits its delay and says the status of this answer. */
  int next() throws InterruptedException {
    if (delayMillis > 0) {
      Thread.sleep(delayMillis);
    }
    return failRate > 0 && ThreadLocalRandom.current().nextDouble() < failRate ? 503 : status;
  }
}
