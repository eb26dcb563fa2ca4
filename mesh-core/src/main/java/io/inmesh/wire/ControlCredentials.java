package io.inmesh.wire;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.inmesh.identity.ControlServerTls;

/** TLS towards the control server, as gRPC takes it. */
public final class ControlCredentials {
  private ControlCredentials() {}

  /**
   * Of this process, whichever certificate it has at the moment. Connections end with the
   * certificates they were made with, or when the control server is not believed any more.
   */
  public static ChannelCredentials of(ControlServerTls tls) {
    SecuredConnections connections = new SecuredConnections(tls::standing);
    var unused = tls.watch(connections::judge); // for as long as there is something to show
    return connections.watch(
        TlsChannelCredentials.newBuilder()
            .keyManager(tls.keys())
            .trustManager(tls.trust())
            .build());
  }
}
