package io.inmesh.http;

import io.inmesh.model.Cluster;

/** What is spoken between client and server in a test. */
enum Wire {
  HTTP1(Cluster.Protocol.HTTP1, false),
  HTTP1_TLS(Cluster.Protocol.HTTP1, true),
  H2C(Cluster.Protocol.HTTP2, false),
  H2_TLS(Cluster.Protocol.HTTP2, true);

  final Cluster.Protocol protocol;
  final boolean tls;

  Wire(Cluster.Protocol protocol, boolean tls) {
    this.protocol = protocol;
    this.tls = tls;
  }

  boolean http2() {
    return protocol == Cluster.Protocol.HTTP2;
  }
}
