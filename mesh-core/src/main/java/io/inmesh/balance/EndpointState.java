package io.inmesh.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a process has learnt about one address of one cluster: the only mutable thing of a
 * configuration, carried over from one to the next. Small until the address is called: a process
 * watches many more than it calls. Thread-safe, lock-free.
 */
public final class EndpointState {
  private static final VarHandle COUNTERS;
  private static final VarHandle ROUND_TRIP_TIME;
  private static final VarHandle REPORTED_LOAD;
  private static final VarHandle HEALTH;

  /** How long an address is avoided after its first refused connection; doubles with each more. */
  private static final long AVOID_BASE_NANOS = 1_000_000_000L;

  private static final int AVOID_DOUBLINGS = 5;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      COUNTERS = lookup.findVarHandle(EndpointState.class, "counters", EndpointCounters.class);
      ROUND_TRIP_TIME =
          lookup.findVarHandle(EndpointState.class, "roundTripTime", RoundTripTime.class);
      REPORTED_LOAD = lookup.findVarHandle(EndpointState.class, "reportedLoad", ReportedLoad.class);
      HEALTH = lookup.findVarHandle(EndpointState.class, "health", HostHealth.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Null: nothing was sent there yet. */
  private volatile @Nullable EndpointCounters counters;

  /** Made when somebody first measures it. */
  private volatile @Nullable RoundTripTime roundTripTime;

  /** Made when somebody first reports or asks. */
  private volatile @Nullable ReportedLoad reportedLoad;

  /** Made when something first judges it: most clusters have nothing that does. */
  private volatile @Nullable HostHealth health;

  /** What its answers say about its store of idempotency keys; null: nothing so far. */
  private volatile @Nullable KeyClock keyClock;

  /** What whoever calls it keeps with it. */
  private volatile @Nullable Object note;

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

  private EndpointCounters counters() {
    EndpointCounters made = counters;
    return made != null ? made : first(COUNTERS, new EndpointCounters());
  }

  /** The value of a field that is null until somebody needs it. */
  private <T> T first(VarHandle field, T fresh) {
    @SuppressWarnings("unchecked") // of the field's type, as is what is offered
    T other = (T) field.compareAndExchange(this, null, fresh);
    return other == null ? fresh : other;
  }

  /** Calls in flight from this process to the address. */
  public int inFlight() {
    EndpointCounters counted = counters;
    return counted == null ? 0 : counted.inFlight;
  }

  /** An attempt was assigned to the address; balanced by exactly one {@link #released}. */
  public void taken() {
    EndpointCounters counted = counters();
    counted.inFlight(1);
    if (!counted.called) {
      counted.called = true;
    }
  }

  /** Whether an attempt was assigned to the address since this was asked last. */
  boolean calledSinceAsked() {
    EndpointCounters counted = counters;
    if (counted == null || !counted.called) {
      return false;
    }
    counted.called = false;
    return true;
  }

  /** An attempt is over. */
  public void released() {
    counters().inFlight(-1);
  }

  /** No connection could be made: the address is avoided for a while if there are others. */
  public void unreachable(long nowNanos) {
    EndpointCounters counted = counters();
    int failures = counted.failedConnect();
    counted.avoidUntil =
        nowNanos + (AVOID_BASE_NANOS << Math.min(Math.max(failures, 0), AVOID_DOUBLINGS));
    counted.avoiding = true;
  }

  /** The address answered. */
  public void reachable() {
    EndpointCounters counted = counters;
    if (counted != null && counted.avoiding) {
      counted.avoiding = false;
      counted.failedConnects = 0;
    }
  }

  /** Whether connections to the address failed so recently that others are to be preferred. */
  public boolean avoided(long nowNanos) {
    EndpointCounters counted = counters;
    return counted != null && counted.avoiding && nowNanos - counted.avoidUntil < 0;
  }

  /** Whether {@link #avoided} needs to be asked at all: spares looking at the clock. */
  public boolean avoiding() {
    EndpointCounters counted = counters;
    return counted != null && counted.avoiding;
  }

  /** How quickly it answers. */
  public RoundTripTime roundTripTime() {
    RoundTripTime made = roundTripTime;
    return made != null ? made : first(ROUND_TRIP_TIME, new RoundTripTime());
  }

  /** How quickly it answers; null: nobody measured it. */
  @Nullable RoundTripTime measured() {
    return roundTripTime;
  }

  /** What it says about its load. */
  public ReportedLoad reportedLoad() {
    ReportedLoad made = reportedLoad;
    return made != null ? made : first(REPORTED_LOAD, new ReportedLoad());
  }

  /** The clock of its store of idempotency keys; null: it has not told it. */
  public @Nullable KeyClock keyClock() {
    return keyClock;
  }

  /** An answer told that clock. */
  public void keyClock(KeyClock newest) {
    keyClock = newest;
  }

  /** What whoever calls it keeps with it; null: nothing. */
  public @Nullable Object note() {
    return note;
  }

  /** Keeps something with it, which spares looking it up for each call. */
  public void note(Object kept) {
    note = kept;
  }

  /** What its answers and probes say about its health. */
  public HostHealth health() {
    HostHealth made = health;
    return made != null ? made : first(HEALTH, new HostHealth());
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
   * @return the request's pass, for its reports, which fits a short; negative if it may not be
   *     sent, as somebody else has the one place there is
   */
  public int enter() {
    HostHealth judged = health;
    return judged == null ? Accrual.UNJUDGED : judged.enter();
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
