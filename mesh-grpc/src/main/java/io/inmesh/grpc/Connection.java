package io.inmesh.grpc;

import com.github.xds.service.orca.v3.OpenRcaServiceGrpc;
import io.grpc.ConnectivityState;
import io.grpc.ConnectivityStateInfo;
import io.grpc.Status;
import io.grpc.SynchronizationContext.ScheduledHandle;
import io.grpc.health.v1.HealthGrpc;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.control.Cancellable;
import io.inmesh.identity.TlsGeneration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one endpoint, by one subchannel after another: where keys or trust change, the
 * next one is connected before the one there is gives way; further ones where streams run out; none
 * while nobody calls for long. Written in the channel's synchronization context, read anywhere.
 */
final class Connection {
  private static final ConnectivityStateInfo NOT_YET =
      ConnectivityStateInfo.forNonError(ConnectivityState.IDLE);
  private static final Link[] NONE = {};

  private final Connections owner;
  private final Target target;
  private final Queue<Placement> waiting = new ConcurrentLinkedQueue<>();
  private final SpareLinks spares;
  private volatile ConnectivityStateInfo state = NOT_YET;
  private volatile boolean begun;
  private volatile boolean resting;
  private volatile boolean closed;

  /** Where streams are opened, the first one that has room. */
  private volatile Link[] open = NONE;

  // Confined to the synchronization context.
  private @Nullable Link current;
  private @Nullable Link next;
  private @Nullable ScheduledHandle renewal;
  private @Nullable ScheduledHandle age;
  private @Nullable ScheduledHandle idleness;
  private final List<ConnectionWatch<?, ?>> watches = new ArrayList<>(0);
  private boolean unhealthy;
  private boolean asked;

  Connection(Connections owner, Target target) {
    this.owner = owner;
    this.target = target;
    this.spares = new SpareLinks(this::later, target.connections().maxDuration(), this::changed);
  }

  Target target() {
    return target;
  }

  // ---- for calls, from any thread

  /** A link with room for one more stream, which is taken; null: there is none. */
  @Nullable Link take() {
    for (Link link : open) {
      if (link.slots.take()) {
        if (link.slots.worn()) {
          owner.replaceSoon(this, link);
        }
        return link;
      }
    }
    return null;
  }

  /** Tells an attempt when it is worth another try. */
  void await(Placement placement) {
    waiting.add(placement);
  }

  void forget(Placement placement) {
    waiting.remove(placement);
  }

  /** The last stream of a link that gives way has ended. */
  void over(Link link) {
    owner.over(link);
  }

  /** Room for one stream is free: whoever waits longest may try. */
  void passOn() {
    Placement first = waiting.poll();
    if (first != null) {
      first.wake();
    }
  }

  /** Whether one more link may help, and is not being made. */
  boolean mayGrow() {
    return spares.mayGrow();
  }

  /** Whether it has ever been begun. */
  boolean begun() {
    return begun;
  }

  /** Whether calls may choose it. */
  boolean usable() {
    return ready() || resting;
  }

  /** Whether it was given up for want of calls and connects for the next one. */
  boolean resting() {
    return resting;
  }

  /** Whether the endpoint has left, or the channel is idle. */
  boolean closed() {
    return closed;
  }

  boolean ready() {
    return open.length > 0;
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
    publish();
  }

  /** Has it secured in this way: at once if it is not in use, else as soon as that is connected. */
  void secure(@Nullable TlsGeneration generation) {
    Link newest = next == null ? current : next;
    if ((newest != null && newest.isOf(generation)) || (resting && !asked)) {
      return;
    }
    spares.drain();
    if (ready()) {
      succeed(owner.open(this, generation));
    } else {
      use(owner.open(this, generation));
    }
  }

  /** A call wants it although it rests. */
  void wake() {
    if (resting && !asked && !closed) {
      asked = true;
      owner.secure(this);
    }
  }

  /** Nobody has wanted it for long: it connects again when somebody does. */
  private void rest() {
    stopWatching();
    stopTimers();
    if (current != null) {
      current.shutdown();
    }
    current = null;
    asked = false;
    state = NOT_YET;
    resting = true;
    changed();
  }

  /** Lets go of links that nobody has wanted for as long as the cluster says. */
  void tidy() {
    idleness = null;
    Link link = current;
    if (link == null || !ready()) {
      return; // begins anew when it is connected
    }
    long most = target.connections().idleTimeout().toNanos();
    spares.drainQuiet(most);
    long quiet = link.slots.quietNanos();
    if (quiet >= most && next == null && spares.isEmpty() && link.slots.closeIfQuiet()) {
      rest();
    } else {
      tidyLater(Math.max(most - quiet, most / 8));
    }
  }

  private Cancellable later(long nanos, Runnable task) {
    ScheduledHandle timer = owner.later(Duration.ofNanos(nanos), task);
    return timer == null ? Cancellable.NONE : timer::cancel;
  }

  private void tidyLater(long nanos) {
    if (nanos > 0) {
      idleness = owner.later(Duration.ofNanos(nanos), this::tidy);
    }
  }

  /** A call waits for room, and the cluster has a connection to spare. */
  void grow(@Nullable TlsGeneration generation, ConnectionPermit permit) {
    if (ready() && spares.mayGrow()) {
      spares.add(owner.open(this, generation), permit);
    } else {
      permit.closed();
    }
  }

  private void use(Link link) {
    Link before = current;
    current = link;
    begun = true;
    if (before != null) {
      before.shutdown();
    }
    start(link);
  }

  private void succeed(Link link) {
    if (next != null) {
      next.shutdown();
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
    link.is(now.getState());
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
        changed();
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
    if (now.getState() == ConnectivityState.READY) {
      established(link, now);
    } else {
      update(now);
    }
    if (before != null) {
      before.shutdown(); // calls in flight finish
    }
  }

  /** Connected; whether it is healthy may have to be asked. */
  private void established(Link link, ConnectivityStateInfo now) {
    resting = false;
    stopTimers();
    Duration oldest = target.connections().maxDuration();
    if (oldest != null) {
      age = owner.replaceLater(this, oldest);
    }
    tidyLater(target.connections().idleTimeout().toNanos());
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
      changed();
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
      changed();
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
    changed();
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
    resting &= !failing();
  }

  /**
   * A subchannel's back-off grows to two minutes, far too long for a server that was restarted. So
   * one that keeps failing is replaced by a fresh one from time to time.
   */
  private void renewLater() {
    if (renewal == null) {
      renewal = owner.renewLater(this);
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

  /** It is old: the next one is connected before it gives way. */
  void replace(@Nullable TlsGeneration generation) {
    age = null;
    if (next == null && current != null) {
      succeed(owner.open(this, generation));
    }
  }

  /** A link has had its calls. */
  @SuppressWarnings("ReferenceEquality") // this very link
  void replace(Link worn, @Nullable TlsGeneration generation) {
    if (worn == current) {
      replace(generation);
    } else {
      spares.drain(worn);
    }
  }

  private void stopTimers() {
    cancel(renewal);
    cancel(age);
    cancel(idleness);
    renewal = null;
    age = null;
    idleness = null;
  }

  private static void cancel(@Nullable ScheduledHandle timer) {
    if (timer != null) {
      timer.cancel();
    }
  }

  /** No new streams; those in flight finish. */
  void close() {
    closed = true;
    open = NONE;
    resting = false;
    stopTimers();
    stopWatching();
    spares.drain();
    if (next != null) {
      next.shutdown();
    }
    if (current != null) {
      current.shutdown();
    }
    wakeAll();
  }

  // ---- what calls see

  /** Something changed: tells the calls that wait for it, then the channel. */
  void changed() {
    publish();
    owner.changed();
  }

  private void publish() {
    Link link = current;
    open =
        !closed && link != null && state.getState() == ConnectivityState.READY
            ? spares.after(link)
            : NONE;
    if (ready() || failing()) {
      wakeAll();
    }
  }

  private void wakeAll() {
    for (Placement placement : waiting.toArray(new Placement[0])) {
      if (waiting.remove(placement)) {
        placement.wake();
      }
    }
  }
}
