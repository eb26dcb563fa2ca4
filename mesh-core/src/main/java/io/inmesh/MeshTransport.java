package io.inmesh;

import io.grpc.ManagedChannel;
import java.net.http.HttpClient;
import org.jspecify.annotations.Nullable;

/**
 * With what the mesh itself calls services of the mesh, for example to have somebody decide whether
 * a request may pass. Implemented by the transports, found by {@link java.util.ServiceLoader};
 * applications have no use for it. Thread-safe.
 */
public interface MeshTransport {
  /** A client whose requests go through the mesh; null: this transport does not speak HTTP. */
  default @Nullable HttpClient httpClient(Mesh mesh) {
    return null;
  }

  /**
   * A channel to a service of the mesh; null: this transport does not speak gRPC.
   *
   * @param authority host and port
   */
  default @Nullable ManagedChannel grpcChannel(Mesh mesh, String authority) {
    return null;
  }
}
