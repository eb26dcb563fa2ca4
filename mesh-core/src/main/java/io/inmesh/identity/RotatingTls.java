package io.inmesh.identity;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Key and trust managers that follow the newest generation, for libraries that build one SSL
 * context for ever. Key and chain of one handshake are of one generation. Because such a context
 * can resume sessions over a change, {@link TlsGeneration#peer} must be asked after handshakes.
 * Thread-safe.
 */
public final class RotatingTls {
  /** For saying why. */
  private static final Duration FAREWELL = Duration.ofSeconds(10);

  private final Supplier<@Nullable TlsGeneration> newest;

  private RotatingTls(Supplier<@Nullable TlsGeneration> newest) {
    this.newest = newest;
  }

  /** Managers over what a supplier gives; null: no certificate, nobody is trusted. */
  public static RotatingTls of(Supplier<@Nullable TlsGeneration> newest) {
    return new RotatingTls(newest);
  }

  /** Shows the newest certificate. */
  public X509ExtendedKeyManager keys() {
    return new Keys();
  }

  /** Believes whom the newest generation believes. */
  public X509ExtendedTrustManager trust() {
    return new Trust();
  }

  /**
   * What becomes of an open connection: it ends with either side's certificate, and soon if the
   * newest generation does not believe the peer, who is told so by what its next calls are answered
   * with. A peer without a certificate is nobody to believe.
   */
  public Standing standing(SSLSession session) {
    TlsGeneration now = newest.get();
    try {
      if (now != null && session.getPeerCertificates().length > 0) {
        return judged(now, session);
      }
    } catch (SSLPeerUnverifiedException nobody) {
      // Whether that is enough is decided for each request.
    }
    return Standing.of(session);
  }

  private static Standing judged(TlsGeneration now, SSLSession session) {
    try {
      var unused = now.peer(session);
      return Standing.of(session);
    } catch (SSLPeerUnverifiedException stranger) {
      return Standing.drain(FAREWELL);
    }
  }

  /**
   * The alias says of which generation a key is; the last few are kept for handshakes under way.
   */
  private final class Keys extends X509ExtendedKeyManager {
    private static final int KEPT = 1000;

    private final Map<String, X509ExtendedKeyManager> byAlias = new ConcurrentHashMap<>();

    private @Nullable String alias(boolean client, String... types) {
      TlsGeneration now = newest.get();
      X509ExtendedKeyManager keys = now == null ? null : now.keys();
      if (now == null || keys == null) {
        return null;
      }
      String own =
          client
              ? keys.chooseEngineClientAlias(types, null, null)
              : keys.chooseEngineServerAlias(types[0], null, null);
      if (own == null) {
        return null;
      }
      String alias = now.number() + ":" + own;
      byAlias.keySet().removeIf(known -> number(known) < now.number() - KEPT);
      byAlias.put(alias, keys);
      return alias;
    }

    private static long number(String alias) {
      return Long.parseLong(alias.substring(0, alias.indexOf(':')));
    }

    private static String own(String alias) {
      return alias.substring(alias.indexOf(':') + 1);
    }

    @Override
    public @Nullable String chooseEngineClientAlias(
        String[] types, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return alias(true, types);
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
        String type, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
      return alias(false, type);
    }

    @Override
    public @Nullable String chooseClientAlias(
        String[] types, Principal @Nullable [] issuers, Socket socket) {
      return alias(true, types);
    }

    @Override
    public @Nullable String chooseServerAlias(
        String type, Principal @Nullable [] issuers, Socket socket) {
      return alias(false, type);
    }

    @Override
    public String @Nullable [] getClientAliases(String type, Principal @Nullable [] issuers) {
      String alias = alias(true, type);
      return alias == null ? null : new String[] {alias};
    }

    @Override
    public String @Nullable [] getServerAliases(String type, Principal @Nullable [] issuers) {
      String alias = alias(false, type);
      return alias == null ? null : new String[] {alias};
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
      X509ExtendedKeyManager keys = byAlias.get(alias);
      return keys == null ? null : keys.getCertificateChain(own(alias));
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
      X509ExtendedKeyManager keys = byAlias.get(alias);
      return keys == null ? null : keys.getPrivateKey(own(alias));
    }
  }

  private final class Trust extends PeerTrust {
    /** One context is for ever, so it is too late to offer less; not to refuse more. */
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      TlsGeneration now = newest.get();
      SSLSession session = engine.getHandshakeSession();
      if (now != null && session != null && !now.allows(session)) {
        throw new CertificateException(
            session.getProtocol() + " with " + session.getCipherSuite() + " is not allowed here");
      }
      checkClientTrusted(chain, type);
    }

    @Override
    @Nullable SpiffeId verify(X509Certificate[] chain, boolean server) throws CertificateException {
      TlsGeneration now = newest.get();
      if (now == null) {
        throw new CertificateException("there is no trust yet");
      }
      if (server) {
        now.trust().checkServerTrusted(chain, "UNKNOWN");
      } else {
        now.trust().checkClientTrusted(chain, "UNKNOWN");
      }
      return null;
    }
  }
}
