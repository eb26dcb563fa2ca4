package io.inmesh.conformance.world;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server that fails in one way, once, and answers everything after that. It counts what it
 * executed: requests that it received to their end. Thread-safe.
 */
public abstract class FaultyServer implements Serving {
  /** What becomes of a request that met a fault. */
  public enum Fate {
    /** It certainly was not executed, so it is sent again. */
    RETRIED,
    /** It may have been executed, so it is not. */
    LOST,
    /** It depends on who was quicker. */
    EITHER
  }

  /** Where it fails. */
  public enum Fault {
    /** The connection is reset before anything is read. */
    BEFORE_HEAD(Fate.EITHER, false),
    /** The connection is reset when the head has begun. */
    IN_HEAD(Fate.LOST, false),
    /** The connection is reset after the head. */
    IN_BODY(Fate.LOST, false),
    /** The connection is reset when the request was executed. */
    BEFORE_RESPONSE(Fate.LOST, false),
    /** The connection ends within the head of the response. */
    IN_RESPONSE_HEAD(Fate.LOST, false),
    /** The connection ends within the body of the response. */
    IN_RESPONSE_BODY(Fate.LOST, false),
    /** The request is executed, and never answered. */
    SILENCE(Fate.LOST, false),
    /** 503, or UNAVAILABLE. */
    UNAVAILABLE(Fate.LOST, false),
    /** The same, with Envoy's word for overload. */
    OVERLOADED(Fate.LOST, false),
    /** GOAWAY says that the stream was not looked at. */
    GOAWAY(Fate.RETRIED, true),
    /** The stream is refused. */
    REFUSED_STREAM(Fate.RETRIED, true),
    /** The stream is reset before it was executed, without saying so. */
    RESET_STREAM(Fate.LOST, true),
    /** The stream is reset after it was executed. */
    RESET_STREAM_LATE(Fate.LOST, true);

    private final Fate fate;
    private final boolean http2;

    Fault(Fate fate, boolean http2) {
      this.fate = fate;
      this.http2 = http2;
    }

    /** What must become of a request that is not idempotent. */
    public Fate fate() {
      return fate;
    }

    /** Whether there is such a thing on a transport. */
    public boolean on(Transport transport) {
      return !http2 || transport != Transport.HTTP1;
    }

    /** Its name as one of a service. */
    public String service() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private final Fault fault;
  private final AtomicBoolean used = new AtomicBoolean();
  private final AtomicInteger executed = new AtomicInteger();

  FaultyServer(Fault fault) {
    this.fault = fault;
  }

  /** Whether it fails this way, now. */
  final boolean fails(Fault how) {
    return fault == how && used.compareAndSet(false, true);
  }

  final void execute() {
    executed.incrementAndGet();
  }

  /** How many requests it executed. */
  public int executed() {
    return executed.get();
  }

  @Override
  public void stop(int seconds) {
    kill();
  }
}
