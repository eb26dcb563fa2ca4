package io.inmesh.http.netty;

import io.inmesh.identity.CurveLimit;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.model.TlsParameters;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.DelegatingSslContext;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * One SSL context for each TLS generation and protocol, so that no session outlives the trust it
 * was established under. A context lives as long as a pool or connection uses it. Thread-safe; not
 * on the request path.
 */
public final class TlsContexts {
  private record Key(long generation, Protocol protocol) {}

  private final Map<Key, WeakReference<SslContext>> contexts = new ConcurrentHashMap<>();
  private final boolean nativeTls;

  /**
   * No contexts yet.
   *
   * @param nativeTls whether to use BoringSSL where its library loads
   */
  TlsContexts(boolean nativeTls) {
    this.nativeTls = nativeTls;
  }

  /**
   * BoringSSL where it is wanted and its library loads, else the JDK's. Not asked before something
   * is to be secured: loading the library takes longer than a call without TLS.
   */
  public static SslProvider provider(boolean nativeTls) {
    return nativeTls && OpenSsl.isAvailable() && OpenSsl.supportsKeyManagerFactory()
        ? SslProvider.OPENSSL
        : SslProvider.JDK;
  }

  SslContext client(TlsGeneration generation, Protocol protocol) throws SSLException {
    Key key = new Key(generation.number(), protocol);
    SslContext known = live(contexts.get(key));
    if (known != null) {
      return known;
    }
    contexts.values().removeIf(reference -> live(reference) == null);
    SslProvider provider = provider(nativeTls);
    SslContextBuilder builder =
        SslContextBuilder.forClient()
            .sslProvider(provider)
            .trustManager(generation.trust())
            // In the mesh the trust manager checks the identity, which is not a host name.
            .endpointIdentificationAlgorithm(generation.checksHostName() ? "HTTPS" : null)
            .applicationProtocolConfig(alpn(offer(generation.protocols(), protocol)));
    if (generation.keys() != null) {
      builder.keyManager(generation.keys());
    }
    SslContext context = build(builder, generation, provider);
    contexts.put(key, new WeakReference<>(context));
    return context;
  }

  /** The server's context for a generation, which requires a client certificate; not cached. */
  public static SslContext server(TlsGeneration generation, boolean nativeTls) throws SSLException {
    if (generation.keys() == null) {
      throw new SSLException("a server needs a certificate, " + generation + " has none");
    }
    SslProvider provider = provider(nativeTls);
    return build(
        SslContextBuilder.forServer(generation.keys())
            .sslProvider(provider)
            .trustManager(generation.trust())
            .clientAuth(ClientAuth.REQUIRE)
            .endpointIdentificationAlgorithm(null)
            .applicationProtocolConfig(alpn(offer(generation.protocols(), Protocol.AUTO))),
        generation,
        provider);
  }

  private static SslContext build(
      SslContextBuilder builder, TlsGeneration generation, SslProvider provider)
      throws SSLException {
    TlsParameters parameters = generation.parameters();
    builder.protocols(parameters.protocols());
    if (!parameters.suites().isEmpty()) {
      builder.ciphers(parameters.suites());
    }
    if (!parameters.curves().isEmpty() && provider != SslProvider.JDK) {
      builder.option(OpenSslContextOption.GROUPS, parameters.groups().toArray(String[]::new));
    }
    SslContext context = builder.build();
    return parameters.curves().isEmpty() || provider != SslProvider.JDK
        ? context
        : new DelegatingSslContext(context) {
          @Override
          protected void initEngine(SSLEngine engine) {
            CurveLimit.apply(parameters, engine);
          }
        };
  }

  private static @Nullable SslContext live(@Nullable WeakReference<SslContext> reference) {
    return reference == null ? null : reference.get();
  }

  private static List<String> offer(List<String> preferred, Protocol protocol) {
    List<String> offered = new ArrayList<>();
    for (String name : preferred.isEmpty() ? List.of("h2", "http/1.1") : preferred) {
      boolean http1 = name.contains("http/1");
      if (protocol == Protocol.AUTO || http1 == (protocol == Protocol.HTTP1)) {
        offered.add(name);
      }
    }
    if (offered.isEmpty()) {
      offered.add(protocol == Protocol.HTTP1 ? "http/1.1" : "h2");
    }
    return offered;
  }

  private static ApplicationProtocolConfig alpn(List<String> names) {
    return new ApplicationProtocolConfig(
        ApplicationProtocolConfig.Protocol.ALPN,
        ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
        names);
  }
}
