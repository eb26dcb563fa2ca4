package io.inmesh.conformance.world;

import io.grpc.MethodDescriptor.MethodType;
import org.jspecify.annotations.Nullable;

/**
 * The ways a call travels. A case is written once and runs over each. A further one is a constant
 * here; if it is secured, {@link World} says in one place how processes join.
 */
public enum Transport {
  /** HTTP/1.1 in plaintext. */
  HTTP1("http", null),
  /** HTTP/2 in plaintext, by prior knowledge. */
  H2C("http2", null),
  /** gRPC, one message each way. */
  GRPC("grpc", MethodType.UNARY),
  /** gRPC, one message there and {@link #STREAMED} back. */
  GRPC_STREAM("grpc", MethodType.SERVER_STREAMING),
  /** gRPC, {@link #STREAMED} messages there and one back. */
  GRPC_CLIENT_STREAM("grpc", MethodType.CLIENT_STREAMING),
  /** gRPC, streams both ways. */
  GRPC_BIDI("grpc", MethodType.BIDI_STREAMING),
  /** HTTP/1.1 over mutual TLS. */
  HTTP1_MTLS("http", null, true),
  /** HTTP/2 over mutual TLS. */
  H2_MTLS("http2", null, true),
  /** gRPC over mutual TLS, one message each way. */
  GRPC_MTLS("grpc", MethodType.UNARY, true),
  /**
   * HTTP/1.1 in plaintext between applications of Spring Boot: Tomcat and {@code RestClient} where
   * they wait, Reactor Netty and {@code WebClient} where they do not. For cases that say so.
   */
  SPRING("http", null),
  /** The same over mutual TLS. */
  SPRING_MTLS("http", null, true);

  /** Messages of what is a stream one way. */
  static final int STREAMED = 3;

  private final String protocol;
  private final @Nullable MethodType method;
  private final boolean secured;

  Transport(String protocol, @Nullable MethodType method) {
    this(protocol, method, false);
  }

  Transport(String protocol, @Nullable MethodType method, boolean secured) {
    this.protocol = protocol;
    this.method = method;
    this.secured = secured;
  }

  /** Whether processes have identities and speak mutual TLS. */
  public boolean secured() {
    return secured;
  }

  /** Whether calls are gRPC. */
  public boolean grpc() {
    return method != null;
  }

  /** Whether servers and callers are applications of Spring Boot. */
  public boolean spring() {
    return this == SPRING || this == SPRING_MTLS;
  }

  /** What instances register their port as. */
  String protocol() {
    return protocol;
  }

  /** The kind of call; gRPC only. */
  MethodType method() {
    if (method == null) {
      throw new IllegalStateException(this + " is not gRPC");
    }
    return method;
  }
}
