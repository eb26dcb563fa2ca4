package io.inmesh;

import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.control.Clock;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.xds.ConfigDump;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A process's membership in the mesh: the one object an application holds. Thread-safe.
 *
 * <p>What needs a control server is not supported by meshes that tests make without one.
 */
public interface Mesh extends AutoCloseable {
  /**
   * Joins the mesh. Returns at once: the control server is sought in the background, and calls wait
   * for their configuration within their deadlines. Nothing is registered yet.
   *
   * @throws IllegalArgumentException if the configuration cannot work
   */
  static Mesh start(MeshConfig config) {
    return RunningMesh.start(config);
  }

  /**
   * Joins with the configuration of the environment and its files.
   *
   * @throws IllegalArgumentException if that cannot work
   */
  static Mesh start() {
    return start(MeshConfig.builder().environment().build());
  }

  /** Where transports begin outbound calls. */
  Outbound outbound();

  /**
   * Where a server transport admits the requests of one port; asks the control server what applies
   * to it.
   *
   * @param port the port the server listens on
   */
  Inbound inbound(int port);

  /** The engine's clock: deadlines are measured on it. */
  Clock clock();

  /** The name of this instance, the same for as long as this membership lasts. */
  default String instance() {
    return config().instance();
  }

  /** The settings this process joined with. */
  default MeshConfig config() {
    throw new UnsupportedOperationException("this mesh has no configuration");
  }

  /** Announces this process as an instance of its service, until the registration is closed. */
  default Registration register(ServicePort... ports) {
    throw new UnsupportedOperationException("this mesh has no control server");
  }

  /**
   * Announces one port.
   *
   * @param name {@code http}, {@code http2} or {@code grpc}, or one of these followed by {@code -…}
   * @param servicePort the port that callers name
   * @param port the port this process listens on
   */
  default Registration register(String name, int servicePort, int port) {
    return register(new ServicePort(name, "", servicePort, port));
  }

  /**
   * Completes when the control server was reached and has answered for every declared dependency
   * and every served port, or when what it said before this start is in force because it cannot be
   * reached; fails with {@link MeshException.Reason#NOT_READY} and what is wrong after the timeout.
   */
  default CompletionStage<Void> whenReady(Duration timeout) {
    return CompletableFuture.completedFuture(null);
  }

  /** The configuration that calls beginning now are made by: complete, immutable. */
  default MeshSnapshot snapshot() {
    return MeshSnapshot.EMPTY;
  }

  /** What is known of the mesh, for people and support bundles. */
  default CompletionStage<ConfigDump> dump() {
    return CompletableFuture.completedFuture(new ConfigDump(0, List.of()));
  }

  /** Deregisters, then closes the control connection. Idempotent. */
  @Override
  void close();
}
