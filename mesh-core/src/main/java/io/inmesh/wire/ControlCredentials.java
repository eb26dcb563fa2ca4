package io.inmesh.wire;

import io.grpc.ChannelCredentials;
import io.grpc.TlsChannelCredentials;
import io.inmesh.identity.ControlServerTls;

/** TLS towards the control server, as gRPC takes it. */
public final class ControlCredentials {
  private ControlCredentials() {}

  /** Of this process, whichever certificate it has at the moment. */
  public static ChannelCredentials of(ControlServerTls tls) {
    return TlsChannelCredentials.newBuilder()
        .keyManager(tls.keys())
        .trustManager(tls.trust())
        .build();
  }
}
