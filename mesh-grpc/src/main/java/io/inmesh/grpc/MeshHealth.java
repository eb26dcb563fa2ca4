package io.inmesh.grpc;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.inmesh.Registration;
import org.jspecify.annotations.Nullable;

/**
 * gRPC's standard health service ({@code grpc.health.v1.Health}) for a server, in step with the
 * server's registration: what it says to those who ask, the mesh says to everybody. Serves from the
 * beginning. Thread-safe.
 *
 * <pre>{@code
 * MeshHealth health = new MeshHealth();
 * Server server = MeshServers.builder(mesh, 9090).addService(health).addService(…).build().start();
 * health.tell(mesh.register("grpc", 9090, 9090));
 * …
 * MeshServers.stop(server, quiet, grace, health::stop, registration::close);
 * }</pre>
 */
public final class MeshHealth implements BindableService {
  private final HealthStatusManager statuses = new HealthStatusManager();
  private volatile @Nullable Registration registration;
  private volatile boolean healthy = true;

  @Override
  public ServerServiceDefinition bindService() {
    return statuses.getHealthService().bindService();
  }

  /** Tells the mesh from now on, through this registration. */
  public void tell(Registration instance) {
    registration = instance;
    tellMesh();
  }

  /** How the server as a whole feels. */
  public void healthy(boolean value) {
    healthy = value;
    statuses.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status(value));
    tellMesh();
  }

  /**
   * How one of its services feels; of no interest to the mesh, which knows instances only.
   *
   * @param name full name of the gRPC service
   */
  public void healthy(String name, boolean value) {
    statuses.setStatus(name, status(value));
  }

  /** Serves no more, whatever is said later: the first step of a shutdown. */
  public void stop() {
    statuses.enterTerminalState();
  }

  private void tellMesh() {
    Registration told = registration;
    if (told != null) {
      told.health(healthy ? Registration.Health.HEALTHY : Registration.Health.UNHEALTHY);
    }
  }

  private static ServingStatus status(boolean healthy) {
    return healthy ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  }
}
