package io.inmesh.grpc;

import io.grpc.ConnectivityStateInfo;
import io.inmesh.call.ConnectionPermit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The further links to an endpoint, for when streams run out on the first (gRFC A105). One is made
 * at a time, each is given up when it is old, worn or not needed. Confined to the synchronization
 * context, but for {@link #mayGrow}.
 */
final class SpareLinks {
  /** As many as an HTTP client has to one endpoint. */
  private static final int MOST = 1023;

  /** After one that could not be made: each is a fresh subchannel, which knows no back-off. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Connections owner;
  private final Connection connection;
  private final Map<Link, ConnectionPermit> ready = new LinkedHashMap<>(0);
  private @Nullable Link connecting;
  private ConnectionPermit permit = ConnectionPermit.UNLIMITED;
  private boolean pausing;
  private volatile boolean growing;

  SpareLinks(Connections owner, Connection connection) {
    this.owner = owner;
    this.connection = connection;
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
          ready.put(link, permit);
          growing = ready.size() >= MOST;
          Duration age = connection.target().connections().maxDuration();
          if (age != null) {
            owner.later(age, () -> drain(link));
          }
          connection.changed();
        }
      }
      case TRANSIENT_FAILURE, IDLE -> {
        if (link == connecting) {
          pause();
        }
        drain(link);
      }
      default -> {}
    }
  }

  private void pause() {
    pausing = true;
    owner.later(
        PAUSE,
        () -> {
          pausing = false;
          growing = connecting != null;
          if (!connection.closed()) {
            connection.changed(); // calls that wait try again
          }
        });
  }

  /** No new calls for this one; those it has finish. */
  @SuppressWarnings("ReferenceEquality") // this very link
  void drain(Link link) {
    ConnectionPermit held = ready.remove(link);
    if (link == connecting) {
      connecting = null;
      held = permit;
    }
    if (held != null) {
      growing = connecting != null || pausing;
      held.closed();
      link.shutdown();
      connection.changed();
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

  /** Drains all. */
  void drain() {
    links().forEach(this::drain);
    if (connecting != null) {
      drain(connecting);
    }
  }

  private List<Link> links() {
    return new ArrayList<>(ready.keySet());
  }
}
