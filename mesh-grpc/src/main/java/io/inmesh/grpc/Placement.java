package io.inmesh.grpc;

import io.grpc.LoadBalancer.PickResult;
import io.grpc.Status;
import io.inmesh.call.Attempt;
import io.inmesh.call.Failure;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.model.Cluster;
import org.jspecify.annotations.Nullable;

/**
 * Finds the connection for one attempt. Usually the engine picks one that is ready and the stream
 * begins on it. Otherwise the stream begins without: gRPC holds it back, which keeps the channel
 * awake, until the engine has picked.
 *
 * <p>All but {@link #wake} and {@link #place} runs in the call's serial context.
 */
final class Placement {
  private static final PickResult WAIT = PickResult.withNoResult();
  private static final PickResult LOST =
      PickResult.withDrop(Status.UNAVAILABLE.withDescription("the connection was just lost"));

  private static final Usable NOTHING = endpoint -> false;

  private final MeshStream<?, ?> stream;
  private final MeshCall<?, ?> call;
  private final Attempt attempt;
  private volatile Connections connections;
  private volatile @Nullable Connection connection;
  private volatile boolean placed;
  private volatile boolean lost;
  private boolean learned;
  private Cancellable timer = Cancellable.NONE;

  Placement(MeshStream<?, ?> stream, MeshCall<?, ?> call) {
    this.stream = stream;
    this.call = call;
    this.attempt = stream.attempt;
    this.connections = call.invoked.channel().connections();
  }

  /** Whether the engine has picked. */
  boolean picked() {
    return connection != null;
  }

  void pick() {
    if (!stream.wanted() || picked()) {
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
    if (stream.real() == null) {
      stream.begin();
    } else {
      stream.resume();
      home.republish();
    }
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
    if (picked()) {
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
    connections.forget(this);
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
    Connection chosen = connection;
    if (chosen == null) {
      if (asking != connections) {
        connections = asking;
        wake();
      }
      return WAIT;
    }
    // A second time means that gRPC wants to repeat the stream on its own. The engine does that.
    PickResult result = chosen.ready() ? chosen.result() : null;
    if (placed || result == null) {
      lost = true;
      return LOST;
    }
    placed = true;
    chosen.taken();
    return result;
  }

  /** Why gRPC was not given a connection; null if it was. */
  @Nullable Failure lost() {
    return lost ? (placed ? Failure.REFUSED : Failure.CONNECT) : null;
  }
}
