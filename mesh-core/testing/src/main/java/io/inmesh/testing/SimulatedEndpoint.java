package io.inmesh.testing;

import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.Endpoint;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * An endpoint in virtual time, of which a test says how it behaves: answers 200 at once unless told
 * otherwise. Confined to one thread.
 */
public final class SimulatedEndpoint {
  private final ManualClock clock;
  private final Randomness random;
  private final Endpoint endpoint;
  private LongSupplier latencyNanos = () -> 0;
  private double failing;
  private int failure = 503;
  private boolean down;
  private long requests;

  SimulatedEndpoint(ManualClock clock, Randomness random, Endpoint endpoint) {
    this.clock = clock;
    this.random = random;
    this.endpoint = endpoint;
  }

  /** Answers after a time. */
  public SimulatedEndpoint latency(Duration value) {
    long nanos = value.toNanos();
    return latency(() -> nanos);
  }

  /** Answers after a time drawn for each request, in nanoseconds. */
  public SimulatedEndpoint latency(LongSupplier nanos) {
    latencyNanos = nanos;
    return this;
  }

  /** Answers a share of the requests, 0 to 1, with a status. */
  public SimulatedEndpoint failing(double share, int status) {
    failing = share;
    failure = status;
    return this;
  }

  /** Refuses connections from now on. */
  public SimulatedEndpoint down() {
    down = true;
    return this;
  }

  /** Accepts connections again. */
  public SimulatedEndpoint up() {
    down = false;
    return this;
  }

  /** How many requests reached it. */
  public long requests() {
    return requests;
  }

  /** Its address and weight, as the mesh knows it. */
  public Endpoint endpoint() {
    return endpoint;
  }

  void serve(Attempt attempt) {
    if (down) {
      attempt.failed(Failure.CONNECT, null);
      return;
    }
    requests++;
    attempt.sent();
    attempt.requestEnd();
    int status = failing > 0 && random.nextDouble() < failing ? failure : 200;
    long latency = latencyNanos.getAsLong();
    if (latency == 0) {
      answer(attempt, status);
    } else {
      clock.schedule(latency, () -> answer(attempt, status));
    }
  }

  private static void answer(Attempt attempt, int status) {
    attempt.head(FakeResponse.http(status));
    attempt.end(ResponseHead.NO_GRPC_STATUS, null);
  }
}
