package io.inmesh.grpc;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.grpc.netty.GrpcSslContexts;
import io.inmesh.identity.CurveLimit;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.TlsParameters;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * SSL contexts by TLS generation, one for each: contexts have the session caches, so no session
 * outlives its generation. A context must not refer to its generation, which could not go then.
 * Thread-safe.
 */
final class SslContexts {
  /** With BoringSSL where the native library is there and loads, else with the JDK. */
  static final SslContexts FASTEST = new SslContexts(true);

  /** With the JDK. */
  static final SslContexts JDK = new SslContexts(false);

  private final boolean nativeTls;
  private final Cache<TlsGeneration, SslContext> clients = Caffeine.newBuilder().weakKeys().build();
  private final Cache<TlsGeneration, SslContext> servers = Caffeine.newBuilder().weakKeys().build();

  private SslContexts(boolean nativeTls) {
    this.nativeTls = nativeTls;
  }

  /** Not asked before something is to be secured: loading BoringSSL takes its time. */
  private SslProvider provider() {
    return nativeTls && OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK;
  }

  /** For connections that this side opens. */
  SslContext client(TlsGeneration generation) {
    return clients.get(generation, this::newClient);
  }

  /** For connections that this side accepts; without a certificate nobody gets in. */
  SslContext server(TlsGeneration generation) {
    return servers.get(generation, this::newServer);
  }

  private SslContext newClient(TlsGeneration generation) {
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .trustManager(generation.trust())
            .endpointIdentificationAlgorithm(generation.checksHostName() ? "HTTPS" : null);
    X509ExtendedKeyManager keys = generation.keys();
    return build(keys == null ? builder : builder.keyManager(keys), generation);
  }

  private SslContext newServer(TlsGeneration generation) {
    X509ExtendedKeyManager keys = generation.keys();
    if (keys == null) {
      throw new IllegalStateException("a server needs a certificate");
    }
    return build(
        SslContextBuilder.forServer(keys)
            .trustManager(generation.trust())
            .clientAuth(ClientAuth.REQUIRE),
        generation);
  }

  private SslContext build(SslContextBuilder builder, TlsGeneration generation) {
    TlsParameters parameters = generation.parameters();
    GrpcSslContexts.configure(builder, provider()).protocols(parameters.protocols());
    if (!parameters.suites().isEmpty()) {
      builder.ciphers(parameters.suites());
    }
    if (!parameters.curves().isEmpty() && provider() != SslProvider.JDK) {
      builder.option(OpenSslContextOption.GROUPS, parameters.groups().toArray(String[]::new));
    }
    try {
      SslContext context = builder.build();
      return parameters.curves().isEmpty() || provider() != SslProvider.JDK
          ? context
          : new DelegatingSslContext(context) {
            @Override
            protected void initEngine(SSLEngine engine) {
              CurveLimit.apply(parameters, engine);
            }
          };
    } catch (SSLException e) {
      throw new IllegalStateException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }
}
