package io.inmesh.balance;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** What changes with every attempt at an address, on a cache line of its own. Thread-safe. */
final class EndpointCounters extends EndpointCells {
  private static final VarHandle IN_FLIGHT;
  private static final VarHandle FAILED_CONNECTS;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      IN_FLIGHT = lookup.findVarHandle(EndpointCells.class, "inFlight", int.class);
      FAILED_CONNECTS = lookup.findVarHandle(EndpointCells.class, "failedConnects", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  // Keeps the next object's fields off this one's cache line.
  @SuppressWarnings("unused")
  private long after0, after1, after2, after3, after4, after5, after6;

  /** So many more, or fewer, attempts are in flight. */
  void inFlight(int change) {
    IN_FLIGHT.getAndAdd(this, change);
  }

  /** A connection could not be made; how many could not before. */
  int failedConnect() {
    return (int) FAILED_CONNECTS.getAndAdd(this, 1);
  }
}

/** The cells themselves. */
abstract class EndpointCells extends EndpointPadding {
  volatile int inFlight;
  volatile int failedConnects;
  volatile boolean avoiding;
  volatile boolean called;
  volatile long avoidUntil;
}

/** Keeps the previous object's fields off the cells' cache line. */
abstract class EndpointPadding {
  @SuppressWarnings("unused")
  private long before0, before1, before2, before3, before4, before5, before6;
}
