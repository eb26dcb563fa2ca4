package io.inmesh.balance;

import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.HealthCheck.Probe;
import io.inmesh.model.TlsPolicy;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What is asked, and where.
 *
 * @param probe what is asked
 * @param address where
 * @param tls how the connection is secured; null: plaintext
 * @param authority of HTTP and gRPC probes
 * @param reuseConnection whether the connection serves for the next probe, too
 */
public record ProbeTarget(
    Probe probe,
    InetSocketAddress address,
    @Nullable TlsPolicy tls,
    String authority,
    boolean reuseConnection) {
  static ProbeTarget of(Cluster cluster, HealthCheck check, Endpoint endpoint) {
    InetSocketAddress elsewhere = endpoint.probing().address();
    return new ProbeTarget(
        check.probe(),
        elsewhere == null ? endpoint.address() : elsewhere,
        cluster.tls(endpoint),
        authority(cluster, check.probe(), endpoint),
        check.reuseConnection());
  }

  private static String authority(Cluster cluster, Probe probe, Endpoint endpoint) {
    if (!endpoint.probing().hostname().isEmpty()) {
      return endpoint.probing().hostname();
    }
    String said =
        probe instanceof Probe.Http http
            ? http.host()
            : probe instanceof Probe.Grpc grpc ? grpc.authority() : "";
    return said.isEmpty() ? cluster.service() : said;
  }
}
