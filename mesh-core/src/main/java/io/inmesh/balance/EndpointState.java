package io.inmesh.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process has learnt about one address of one cluster: the only mutable thing of a
 * configuration, carried over from one to the next. Thread-safe, lock-free.
 */
public final class EndpointState extends EndpointCounters {
  private static final VarHandle IN_FLIGHT;
  private static final VarHandle FAILED_CONNECTS;
  private static final VarHandle HEALTH;

  /** How long an address is avoided after its first refused connection; doubles with each more. */
  private static final long AVOID_BASE_NANOS = 1_000_000_000L;

  private static final int AVOID_DOUBLINGS = 5;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      IN_FLIGHT = lookup.findVarHandle(EndpointCounters.class, "inFlight", int.class);
      HEALTH = lookup.findVarHandle(EndpointState.class, "health", HostHealth.class);
      FAILED_CONNECTS = lookup.findVarHandle(EndpointCounters.class, "failedConnects", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Keeps the next object's fields off this one's cache line.
  @SuppressWarnings("unused")
  private long after0, after1, after2, after3, after4, after5, after6;

  private final RoundTripTime roundTripTime = new RoundTripTime();
  private final ReportedLoad reportedLoad = new ReportedLoad();

  /** Made when something first judges it: most clusters have nothing that does. */
  private volatile @Nullable HostHealth health;

  /** What its answers say about its store of idempotency keys; null: nothing so far. */
  private volatile @Nullable KeyClock keyClock;

  /** Confined to the control loop, but for reads that may be late. */
  private long healthySince;

  /** A host that has always been there. */
  public EndpointState() {
    this(0);
  }

  /** A host that is seen for the first time now. */
  public EndpointState(long nowNanos) {
    healthySince = nowNanos;
  }

  /** Calls in flight from this process to the address. */
  public int inFlight() {
    return (int) IN_FLIGHT.getVolatile(this);
  }

  /** An attempt was assigned to the address; balanced by exactly one {@link #released}. */
  public void taken() {
    IN_FLIGHT.getAndAdd(this, 1);
    if (!called) {
      called = true;
    }
  }

  /** Whether an attempt was assigned to the address since this was asked last. */
  boolean calledSinceAsked() {
    boolean was = called;
    if (was) {
      called = false;
    }
    return was;
  }

  /** An attempt is over. */
  public void released() {
    IN_FLIGHT.getAndAdd(this, -1);
  }

  /** No connection could be made: the address is avoided for a while if there are others. */
  public void unreachable(long nowNanos) {
    int failures = (int) FAILED_CONNECTS.getAndAdd(this, 1);
    avoidUntil = nowNanos + (AVOID_BASE_NANOS << Math.min(Math.max(failures, 0), AVOID_DOUBLINGS));
    avoiding = true;
  }

  /** The address answered. */
  public void reachable() {
    if (avoiding) {
      avoiding = false;
      FAILED_CONNECTS.setVolatile(this, 0);
    }
  }

  /** Whether connections to the address failed so recently that others are to be preferred. */
  public boolean avoided(long nowNanos) {
    return avoiding && nowNanos - avoidUntil < 0;
  }

  /** How quickly it answers. */
  public RoundTripTime roundTripTime() {
    return roundTripTime;
  }

  /** What it says about its load. */
  public ReportedLoad reportedLoad() {
    return reportedLoad;
  }

  /** The clock of its store of idempotency keys; null: it has not told it. */
  public @Nullable KeyClock keyClock() {
    return keyClock;
  }

  /** An answer told that clock. */
  public void keyClock(KeyClock newest) {
    keyClock = newest;
  }

  /** What its answers and probes say about its health. */
  public HostHealth health() {
    HostHealth made = health;
    if (made == null) {
      HostHealth fresh = new HostHealth();
      HostHealth other = (HostHealth) HEALTH.compareAndExchange(this, null, fresh);
      made = other == null ? fresh : other;
    }
    return made;
  }

  /** The health of these: of all that are judged from now on, or only of those that were. */
  static List<HostHealth> healthOf(Collection<EndpointState> states, boolean all) {
    List<HostHealth> found = new ArrayList<>();
    for (EndpointState state : states) {
      HostHealth judged = all ? state.health() : state.health;
      if (judged != null) {
        found.add(judged);
      }
    }
    return found;
  }

  /** Whether it may take requests, as far as this process can tell. */
  public boolean usable() {
    HostHealth judged = health;
    return judged == null || judged.usable();
  }

  /** Whether others are to be preferred, as far as this process can tell. */
  boolean degraded() {
    HostHealth judged = health;
    return judged != null && judged.degraded();
  }

  /**
   * Whether a request may go to it now; false while a host on probation waits for the answer that
   * decides. For the request path.
   */
  public boolean open() {
    HostHealth judged = health;
    return judged == null || judged.open();
  }

  /**
   * A request was assigned to it.
   *
   * @return whether it may be sent; false if somebody else has the one place there is
   */
  public boolean enter() {
    HostHealth judged = health;
    return judged == null || judged.enter();
  }

  /** When it was seen first, or became healthy again; slow start counts from then. */
  long healthySince() {
    return healthySince;
  }

  /** It became healthy again: slow start begins anew. */
  public void healthyAgain(long nowNanos) {
    healthySince = nowNanos;
  }
}

/** The counters, on a cache line of their own. */
abstract class EndpointCounters extends EndpointPadding {
  volatile int inFlight;
  volatile int failedConnects;
  volatile boolean avoiding;
  volatile boolean called;
  volatile long avoidUntil;
}

/** Keeps the previous object's fields off the counters' cache line. */
abstract class EndpointPadding {
  @SuppressWarnings("unused")
  private long before0, before1, before2, before3, before4, before5, before6;
}
