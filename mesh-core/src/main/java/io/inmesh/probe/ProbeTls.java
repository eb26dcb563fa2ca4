package io.inmesh.probe;

import io.inmesh.identity.CurveLimit;
import io.inmesh.identity.TlsGeneration;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** The JDK's TLS for probes, a context for each generation. Thread-safe. */
final class ProbeTls {
  private final Map<TlsGeneration, SSLContext> contexts =
      Collections.synchronizedMap(new WeakHashMap<>());

  /**
   * For one connection.
   *
   * @param protocol offered by ALPN; null: none
   */
  SSLEngine engine(TlsGeneration generation, InetSocketAddress address, @Nullable String protocol) {
    String name = generation.sni();
    SSLEngine engine =
        contexts
            .computeIfAbsent(generation, ProbeTls::context)
            .createSSLEngine(name == null ? address.getHostString() : name, address.getPort());
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    if (generation.checksHostName()) {
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
    }
    if (protocol != null) {
      parameters.setApplicationProtocols(new String[] {protocol});
    }
    parameters.setProtocols(generation.parameters().protocols().toArray(new String[0]));
    if (!generation.parameters().suites().isEmpty()) {
      parameters.setCipherSuites(generation.parameters().suites().toArray(new String[0]));
    }
    engine.setSSLParameters(parameters);
    CurveLimit.apply(generation.parameters(), engine);
    return engine;
  }

  private static SSLContext context(TlsGeneration generation) {
    X509ExtendedKeyManager keys = generation.keys();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          keys == null ? new KeyManager[0] : new KeyManager[] {keys},
          new TrustManager[] {generation.trust()},
          null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("TLS cannot be set up: " + e.getMessage(), e);
    }
  }
}
