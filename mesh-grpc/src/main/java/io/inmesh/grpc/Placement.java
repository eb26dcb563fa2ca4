package io.inmesh.grpc;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.Status;
import io.inmesh.call.Attempt;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.model.Cluster;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Finds the connection for one attempt. Usually the engine picks one that is ready and has room,
 * and the stream begins on it. Otherwise the stream begins without: gRPC holds it back, which keeps
 * the channel awake, until the engine has picked and there is room.
 *
 * <p>All but {@link #wake}, {@link #place} and {@link #leave} runs in the call's serial context.
 */
final class Placement {
  private static final PickResult WAIT = PickResult.withNoResult();
  private static final PickResult LOST =
      PickResult.withDrop(Status.UNAVAILABLE.withDescription("the connection was just lost"));

  // Whether the link counts this stream: not yet, it does, not any more.
  private static final AtomicIntegerFieldUpdater<Placement> SEAT =
      AtomicIntegerFieldUpdater.newUpdater(Placement.class, "seat");
  private static final int NOT_YET = 0;
  private static final int TAKEN = 1;
  private static final int LEFT = 2;

  private static final Usable NOTHING = endpoint -> false;

  private final MeshStream<?, ?> stream;
  private final MeshCall<?, ?> call;
  private final Attempt attempt;
  private volatile Connections connections;

  /** The engine's choice; written in the serial context. */
  private @Nullable Connection connection;

  private volatile @Nullable Link link;
  private volatile int seat;
  private volatile boolean placed;
  private volatile boolean lost;
  private boolean learned;
  private boolean queued;
  private Cancellable timer = Cancellable.NONE;

  Placement(MeshStream<?, ?> stream, MeshCall<?, ?> call) {
    this.stream = stream;
    this.call = call;
    this.attempt = stream.attempt;
    this.connections = call.invoked.channel().connections();
  }

  /** Whether there is a connection that has room for it. */
  boolean picked() {
    return link != null;
  }

  void pick() {
    Connection chosen = connection;
    if (!stream.wanted() || picked()) {
      if (chosen != null) {
        chosen.passOn();
      }
      return;
    }
    if (chosen != null) {
      board(connections, chosen);
      return;
    }
    while (true) {
      Connections home = connections;
      int version = home.version();
      ClusterConnections cluster = home.to(attempt.cluster());
      switch (attempt.pick(usable(cluster))) {
        case PICKED -> {
          end();
          picked(home, cluster == null ? null : cluster.to(attempt.endpoint()));
          return;
        }
        case REFUSED -> {
          stream.discard("refused by the mesh", null);
          return;
        }
        case NONE -> {
          if (await(home, cluster, version)) {
            return;
          }
        }
      }
    }
  }

  /** Of connections for another version of the cluster, those that are secured as this one asks. */
  private Usable usable(@Nullable ClusterConnections cluster) {
    if (cluster == null) {
      return NOTHING;
    }
    Cluster mine = attempt.cluster();
    return cluster.isOf(mine) ? cluster : endpoint -> cluster.usable(endpoint, mine.tls(endpoint));
  }

  private void picked(Connections home, @Nullable Connection chosen) {
    if (chosen == null) {
      stream.fail(Failure.CONNECT, Status.UNAVAILABLE.withDescription("not connected"));
      return;
    }
    connection = chosen;
    board(home, chosen);
  }

  /** Begins on the chosen connection, or waits until that has room. */
  private void board(Connections home, Connection chosen) {
    boolean moved = chosen.closed();
    Connection there = moved ? home.same(attempt.cluster(), attempt.endpoint()) : chosen;
    connection = there;
    Link taken = there == null ? null : there.take();
    if (taken == null) {
      taken = awaitRoom(home, there, moved);
    }
    if (taken == null) {
      return;
    }
    end();
    link = taken;
    if (!SEAT.compareAndSet(this, NOT_YET, TAKEN)) {
      taken.release(); // the stream has ended meanwhile
      return;
    }
    if (stream.real() == null) {
      stream.begin();
    } else {
      stream.resume();
      home.republish();
    }
  }

  /**
   * A stream's worth of room after all, or null: it waits, or has failed.
   *
   * @param moved whether another connection has given way to this one, which may take its time
   */
  private @Nullable Link awaitRoom(Connections home, @Nullable Connection chosen, boolean moved) {
    if (chosen == null) {
      stream.fail(Failure.REFUSED, Status.UNAVAILABLE.withDescription("the endpoint has left"));
      return null;
    }
    if (chosen.failing()) {
      Status failure = chosen.failure();
      stream.fail(GrpcStatuses.isOfTls(failure) ? Failure.TLS : Failure.CONNECT, failure);
      return null;
    }
    if (!chosen.usable() && !queued && !moved && !chosen.closed()) {
      stream.fail(Failure.CONNECT, LOST.getStatus());
      return null;
    }
    if (!attempt.waits()) {
      stream.discard("refused by the mesh", null);
      return null;
    }
    if (stream.real() == null) {
      stream.begin();
      if (!stream.wanted()) {
        return null;
      }
    }
    queued = true;
    chosen.await(this);
    Link taken = chosen.take();
    if (taken != null) {
      chosen.forget(this);
      return taken;
    }
    if (chosen.failing() || chosen.closed()) {
      wake(); // that may have been said just before this began to listen
    } else if (!chosen.ready()) {
      home.wake(chosen);
      armTimer();
    } else if (chosen.mayGrow()) {
      ConnectionPermit permit = attempt.connection();
      if (permit != null) {
        home.grow(chosen, permit);
      }
    }
    return null;
  }

  /** Waits for a change, unless there was one already or there is nothing to wait for. */
  private boolean await(Connections home, @Nullable ClusterConnections cluster, int version) {
    if (!learned && (cluster == null || !cluster.isOf(attempt.cluster()))) {
      learned = true;
      home.learn(attempt.cluster());
    }
    Status failure = cluster == null ? null : cluster.failure();
    if (failure != null && !failure.isOk() && !stream.waitsForReady()) {
      stream.fail(GrpcStatuses.isOfTls(failure) ? Failure.TLS : Failure.CONNECT, failure);
      return true;
    }
    if (!attempt.waits()) {
      stream.discard("refused by the mesh", null);
      return true;
    }
    if (stream.real() == null) {
      stream.begin();
      if (!stream.wanted()) {
        return true;
      }
    }
    home.await(this);
    if (home.version() == version) {
      armTimer();
      return true;
    }
    home.forget(this);
    return false;
  }

  private void armTimer() {
    if (timer == Cancellable.NONE && !stream.waitsForReady()) {
      timer = call.schedule(attempt.cluster().connectTimeout().toNanos(), this::tooLate);
    }
  }

  private void tooLate() {
    if (picked() || (connection != null && connection.ready())) {
      return;
    }
    ClusterConnections cluster = connections.to(attempt.cluster());
    boolean noIdentity = cluster != null && cluster.awaitsIdentity();
    stream.fail(
        noIdentity ? Failure.TLS : Failure.CONNECT,
        Status.UNAVAILABLE.withDescription(
            (noIdentity ? "this process has had no identity for " : "no connection within ")
                + attempt.cluster().connectTimeout()));
  }

  /** Stops waiting. */
  void end() {
    timer.cancel();
    timer = Cancellable.NONE;
    connections.forget(this);
    if (queued && connection != null) {
      connection.forget(this);
    }
  }

  /** The stream has ended, from any thread: its place is another's. Only the first time counts. */
  void leave() {
    Link had = link;
    if (seat != LEFT && SEAT.getAndSet(this, LEFT) == TAKEN && had != null) {
      had.release();
    }
  }

  /** Something changed in the connections; from any thread. */
  void wake() {
    call.dispatch(stream.executor(), this::pick);
  }

  /**
   * Where gRPC shall open the stream; from any thread.
   *
   * @param asking the connections the channel has now: others than before if it was idle meanwhile
   */
  PickResult place(Connections asking) {
    Link chosen = link;
    if (chosen == null) {
      if (asking != connections) {
        connections = asking;
        wake();
      }
      return WAIT;
    }
    // A second time means that gRPC wants to repeat the stream on its own. The engine does that.
    if (placed || !chosen.ready()) {
      lost = true;
      return LOST;
    }
    placed = true;
    return chosen.result;
  }

  /** Why gRPC was not given a connection; null if it was. */
  @Nullable Failure lost() {
    return lost ? (placed ? Failure.REFUSED : Failure.CONNECT) : null;
  }
}
