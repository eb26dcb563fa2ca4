package io.inmesh.grpc;

import com.github.xds.service.orca.v3.OpenRcaServiceGrpc;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.LoadBalancer.PickResult;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.grpc.health.v1.HealthGrpc;
import io.inmesh.identity.TlsGeneration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one endpoint, by one subchannel after another: where keys or trust change, the
 * next one is connected before the one there is gives way. Written in the channel's synchronization
 * context, read anywhere.
 */
final class Connection {
  private static final ConnectivityStateInfo NOT_YET =
      ConnectivityStateInfo.forNonError(ConnectivityState.IDLE);

  private final Connections owner;
  private final Target target;
  private volatile @Nullable PickResult result;
  private volatile ConnectivityStateInfo state = NOT_YET;

  /** Calls until it is replaced, where they are counted. */
  private final AtomicInteger callsLeft = new AtomicInteger();

  // Confined to the synchronization context.
  private @Nullable Link current;
  private @Nullable Link next;
  private @Nullable ScheduledHandle renewal;
  private @Nullable ScheduledHandle age;
  private final List<ConnectionWatch<?, ?>> watches = new ArrayList<>(0);
  private boolean unhealthy;

  Connection(Connections owner, Target target) {
    this.owner = owner;
    this.target = target;
  }

  Target target() {
    return target;
  }

  /** Where streams are opened; null: nowhere yet. */
  @Nullable PickResult result() {
    return result;
  }

  /** A call begins on it; it is replaced after as many as the cluster says, at the next chance. */
  void taken() {
    if (target.maxCalls() > 0 && callsLeft.decrementAndGet() == 0) {
      owner.replaceSoon(this);
    }
  }

  boolean ready() {
    return state.getState() == ConnectivityState.READY;
  }

  /** Whether the last attempt to connect failed and no later one has succeeded. */
  boolean failing() {
    return state.getState() == ConnectivityState.TRANSIENT_FAILURE;
  }

  /** Why it is failing; OK if it is not. */
  Status failure() {
    return state.getStatus();
  }

  // ---- in the synchronization context

  /** It cannot be made at all. */
  void impossible(Status why) {
    state = ConnectivityStateInfo.forTransientFailure(why);
  }

  /** Has it secured in this way: at once if it is not in use, else as soon as that is connected. */
  void secure(@Nullable TlsGeneration generation) {
    Link newest = next == null ? current : next;
    if (newest != null && newest.isOf(generation)) {
      return;
    }
    if (ready()) {
      succeed(owner.open(this, generation));
    } else {
      use(owner.open(this, generation));
    }
  }

  private void use(Link link) {
    Link before = current;
    current = link;
    result = link.result;
    if (before != null) {
      before.subchannel.shutdown();
    }
    start(link);
  }

  private void succeed(Link link) {
    if (next != null) {
      next.subchannel.shutdown();
    }
    next = link;
    start(link);
  }

  private void start(Link link) {
    link.subchannel.start(changed -> changed(link, changed));
    link.subchannel.requestConnection();
  }

  @SuppressWarnings("ReferenceEquality") // this very link
  private void changed(Link link, ConnectivityStateInfo now) {
    if (now.getState() == ConnectivityState.SHUTDOWN) {
      return;
    }
    if (link == next) {
      nextChanged(link, now);
    } else if (link == current) {
      currentChanged(link, now);
    }
  }

  private void nextChanged(Link link, ConnectivityStateInfo now) {
    switch (now.getState()) {
      case READY -> {
        promote(link, now);
        owner.changed();
      }
      case IDLE -> link.subchannel.requestConnection();
      case TRANSIENT_FAILURE -> renewLater();
      default -> {}
    }
  }

  private void promote(Link link, ConnectivityStateInfo now) {
    Link before = current;
    current = link;
    next = null;
    result = link.result;
    if (now.getState() == ConnectivityState.READY) {
      established(link, now);
    } else {
      update(now);
    }
    if (before != null) {
      before.subchannel.shutdown(); // calls in flight finish
    }
  }

  /** Connected; whether it is healthy may have to be asked. */
  private void established(Link link, ConnectivityStateInfo now) {
    renewal(null);
    callsLeft.set(target.maxCalls());
    if (age != null) {
      age.cancel();
    }
    Duration maxAge = target.maxAge();
    age = maxAge == null ? null : owner.replaceLater(this, maxAge);
    stopWatching();
    Target.LoadWish wish = target.load();
    if (wish != null) {
      watch(
          owner.watch(
              link,
              OpenRcaServiceGrpc.getStreamCoreMetricsMethod(),
              LoadReader.request(wish.period()),
              new LoadReader(load -> owner.reported(target, load))));
    }
    String service = target.health();
    if (service == null) {
      state = now;
      return;
    }
    watch(
        owner.watch(
            link,
            HealthGrpc.getWatchMethod(),
            HealthReader.request(service),
            new HealthReader(service, health -> told(link, health))));
  }

  private void watch(ConnectionWatch<?, ?> started) {
    watches.add(started);
    started.start();
  }

  @SuppressWarnings("ReferenceEquality") // this very link
  private void told(Link link, Status health) {
    if (link == current) {
      unhealthy = !health.isOk();
      state =
          unhealthy
              ? ConnectivityStateInfo.forTransientFailure(health)
              : ConnectivityStateInfo.forNonError(ConnectivityState.READY);
      owner.changed();
    }
  }

  private void stopWatching() {
    unhealthy = false;
    watches.forEach(ConnectionWatch::close);
    watches.clear();
  }

  private void currentChanged(Link link, ConnectivityStateInfo now) {
    Link successor = next;
    if (successor != null && now.getState() != ConnectivityState.READY) {
      promote(successor, ConnectivityStateInfo.forNonError(ConnectivityState.CONNECTING));
      owner.changed();
      return;
    }
    if (now.getState() == ConnectivityState.READY) {
      established(link, now);
    } else {
      stopWatching();
      update(now);
    }
    if (now.getState() == ConnectivityState.IDLE) {
      link.subchannel.requestConnection();
    }
    if (now.getState() == ConnectivityState.TRANSIENT_FAILURE) {
      renewLater();
    }
    owner.changed();
  }

  private void update(ConnectivityStateInfo now) {
    // A failed connection counts as failed until it succeeds: between two attempts it is neither
    // usable nor worth waiting for.
    boolean retrying =
        failing()
            && (now.getState() == ConnectivityState.CONNECTING
                || now.getState() == ConnectivityState.IDLE);
    if (!retrying) {
      state = now;
    }
  }

  /**
   * A subchannel's back-off grows to two minutes, far too long for a server that was restarted. So
   * one that keeps failing is replaced by a fresh one from time to time.
   */
  private void renewLater() {
    if (renewal == null) {
      renewal(owner.renewLater(this));
    }
  }

  /** The time is over: tries anew if it is still failing. */
  void renew(@Nullable TlsGeneration generation) {
    renewal = null;
    if (next != null) {
      succeed(owner.open(this, generation));
    } else if (failing() && !unhealthy) {
      use(owner.open(this, generation));
      renewLater();
    }
  }

  /** It is old or worn: the next one is connected before it gives way. */
  void replace(@Nullable TlsGeneration generation) {
    age = null;
    if (next == null && current != null) {
      succeed(owner.open(this, generation));
    }
  }

  private void renewal(@Nullable ScheduledHandle timer) {
    if (renewal != null) {
      renewal.cancel();
    }
    renewal = timer;
  }

  /** No new streams; those in flight finish. */
  void close() {
    renewal(null);
    if (age != null) {
      age.cancel();
    }
    stopWatching();
    if (next != null) {
      next.subchannel.shutdown();
    }
    if (current != null) {
      current.subchannel.shutdown();
    }
  }
}
