package io.inmesh.grpc;

import io.grpc.ConnectivityStateInfo;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Timers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The further links to an endpoint, for when streams run out on the first (gRFC A105). One is made
 * at a time, each is given up when it is old, worn or not needed. Each is a fresh subchannel, which
 * knows no back-off: after one that could not be made, or that the peer ended at once, the next one
 * waits for a second, and twice as long each time it happens again. Confined to the synchronization
 * context, but for {@link #mayGrow}.
 */
final class SpareLinks {
  /** As many as an HTTP client has to one endpoint. */
  private static final int MOST = 1023;

  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Eight seconds are the longest pause. */
  private static final int DOUBLINGS = 3;

  /** The peer has not ended it at once. */
  private static final long LASTING_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** One that was connected. */
  private static final class Spare {
    final ConnectionPermit permit;
    Cancellable age = Cancellable.NONE;
    Cancellable trial = Cancellable.NONE;
    boolean lasting;

    Spare(ConnectionPermit permit) {
      this.permit = permit;
    }
  }

  private final Timers timers;
  private final @Nullable Duration oldest;
  private final Runnable changed;
  private final Map<Link, Spare> ready = new LinkedHashMap<>(0);
  private @Nullable Link connecting;
  private ConnectionPermit permit = ConnectionPermit.UNLIMITED;
  private Cancellable pause = Cancellable.NONE;
  private boolean pausing;
  private int pauses;
  private volatile boolean growing;

  /**
   * None yet.
   *
   * @param oldest how old one may become; null: any age
   * @param changed told that there are more, fewer, or may be more
   */
  SpareLinks(Timers timers, @Nullable Duration oldest, Runnable changed) {
    this.timers = timers;
    this.oldest = oldest;
    this.changed = changed;
  }

  /** Whether there may be one more now; from any thread. */
  boolean mayGrow() {
    return !growing;
  }

  /** Those that are connected, after the first. */
  Link[] after(Link first) {
    Link[] all = new Link[ready.size() + 1];
    all[0] = first;
    int i = 1;
    for (Link link : ready.keySet()) {
      all[i++] = link;
    }
    return all;
  }

  boolean isEmpty() {
    return ready.isEmpty() && connecting == null;
  }

  /** Connects one more. */
  void add(Link link, ConnectionPermit allowed) {
    connecting = link;
    permit = allowed;
    growing = true;
    link.subchannel.start(now -> changed(link, now));
    link.subchannel.requestConnection();
  }

  @SuppressWarnings("ReferenceEquality") // this very link
  private void changed(Link link, ConnectivityStateInfo now) {
    link.is(now.getState());
    switch (now.getState()) {
      case READY -> {
        if (link == connecting) {
          connecting = null;
          connected(link, new Spare(permit));
        }
      }
      case TRANSIENT_FAILURE, IDLE -> {
        Spare spare = ready.get(link);
        if (link == connecting || (spare != null && !spare.lasting)) {
          pause();
        }
        drain(link);
      }
      default -> {}
    }
  }

  private void connected(Link link, Spare spare) {
    ready.put(link, spare);
    spare.trial =
        timers.schedule(
            LASTING_NANOS,
            () -> {
              spare.lasting = true;
              pauses = 0;
            });
    if (oldest != null) {
      spare.age = timers.schedule(TimeUnit.NANOSECONDS.convert(oldest), () -> drain(link));
    }
    grown();
  }

  private void grown() {
    growing = connecting != null || pausing || ready.size() >= MOST;
    changed.run(); // calls that wait try again
  }

  private void pause() {
    pause.cancel();
    pausing = true;
    pause =
        timers.schedule(
            PAUSE_NANOS << Math.min(pauses++, DOUBLINGS),
            () -> {
              pausing = false;
              grown();
            });
  }

  /** No new calls for this one; those it has finish. */
  @SuppressWarnings("ReferenceEquality") // this very link
  void drain(Link link) {
    Spare spare = ready.remove(link);
    if (link == connecting) {
      connecting = null;
      spare = new Spare(permit);
    }
    if (spare != null) {
      spare.age.cancel();
      spare.trial.cancel();
      spare.permit.closed();
      link.shutdown();
      grown();
    }
  }

  /** Drains those that have been without calls for so long. */
  void drainQuiet(long nanos) {
    for (Link link : links()) {
      if (link.slots.quietNanos() >= nanos && link.slots.closeIfQuiet()) {
        drain(link);
      }
    }
  }

  /** Drains all; the next one need not wait. */
  void drain() {
    pause.cancel();
    pausing = false;
    pauses = 0;
    links().forEach(this::drain);
    if (connecting != null) {
      drain(connecting);
    }
    growing = false;
  }

  private List<Link> links() {
    return new ArrayList<>(ready.keySet());
  }
}
