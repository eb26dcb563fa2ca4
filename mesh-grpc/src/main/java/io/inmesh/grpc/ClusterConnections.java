package io.inmesh.grpc;

import io.grpc.Status;
import io.inmesh.call.Usable;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.TlsPolicy;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The connections to one cluster's endpoints. Membership is immutable, readiness is the
 * connections'. Thread-safe.
 *
 * @param cluster whose endpoints these are
 * @param byAddress one for each endpoint
 */
record ClusterConnections(Cluster cluster, Map<InetSocketAddress, Connection> byAddress)
    implements Usable {
  @Override
  public boolean usable(Endpoint endpoint) {
    Connection connection = byAddress.get(endpoint.address());
    return connection != null && connection.usable();
  }

  @Override
  public boolean pending(Endpoint endpoint) {
    Connection connection = byAddress.get(endpoint.address());
    return connection != null && !connection.usable() && !connection.failing();
  }

  /** Whether it can be used and is secured like this. */
  boolean usable(Endpoint endpoint, @Nullable TlsPolicy tls) {
    Connection connection = byAddress.get(endpoint.address());
    return connection != null
        && connection.usable()
        && Objects.equals(connection.target().tls(), tls);
  }

  /** Whether there is one that cannot be secured because this process has no identity yet. */
  boolean awaitsIdentity() {
    for (Connection connection : byAddress.values()) {
      if (connection.target().tls() != null && !connection.begun()) {
        return true;
      }
    }
    return false;
  }

  @Nullable Connection to(Endpoint endpoint) {
    return byAddress.get(endpoint.address());
  }

  /** Why none of them can be used, or null if one is ready or still being made. */
  @Nullable Status failure() {
    Status failure = null;
    for (Connection connection : byAddress.values()) {
      if (!connection.failing()) {
        return null;
      }
      failure = connection.failure();
    }
    return failure;
  }

  /** Whether they are to this very version of the cluster. */
  @SuppressWarnings("ReferenceEquality") // comparing all endpoints would cost more than it saves
  boolean isOf(Cluster version) {
    return cluster == version;
  }
}
