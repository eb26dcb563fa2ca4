package io.inmesh.identity;

import io.inmesh.control.Cancellable;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * How this process and the control server know each other: by its pinned root until there is a
 * certificate, then by the identity that only the control server has. Host names play no part.
 * Thread-safe.
 */
public final class ControlServerTls {
  private static final String SERVICE_ACCOUNT = "control-server";

  private final TlsMaterial material;
  private final PinnedTrust pinned;

  /**
   * TLS towards the control server.
   *
   * @param pins of roots, for the first contact; empty: only with what the material holds
   */
  public ControlServerTls(TlsMaterial material, Set<String> pins) {
    this.material = material;
    this.pinned = new PinnedTrust(Set.copyOf(pins));
  }

  /** Who the control server of a trust domain is. */
  public static SpiffeId identity(String trustDomain) {
    return SpiffeId.of(trustDomain, SpiffeId.SYSTEM_NAMESPACE, SERVICE_ACCOUNT);
  }

  private @Nullable TlsGeneration generation() {
    Svid svid = material.svid();
    return svid == null || svid.expires().isBefore(Instant.now())
        ? null
        : material.client(
            new TlsPolicy(
                TlsPolicy.Mode.MESH,
                List.of(new StringMatch.Exact(identity(svid.id().trustDomain()).toString(), false)),
                null,
                null));
  }

  /** Whether the control server can know this process by its certificate. */
  public boolean known() {
    return generation() != null;
  }

  /** Shows the newest certificate, once there is one. */
  public KeyManager keys() {
    return RotatingTls.of(this::generation).keys();
  }

  /** What becomes of an open connection, with whom the control server may be now. */
  public Standing standing(SSLSession session) {
    return RotatingTls.of(this::generation).standing(session);
  }

  /** Runs a task when open connections are to be judged again. */
  public Cancellable watch(Runnable changed) {
    return material.watch(changed);
  }

  /** Believes the control server. */
  public TrustManager trust() {
    return new PeerTrust() {
      @Override
      @Nullable SpiffeId verify(java.security.cert.X509Certificate[] chain, boolean server)
          throws java.security.cert.CertificateException {
        TlsGeneration now = generation();
        if (now == null) {
          return pinned.verify(chain, server);
        }
        now.trust().checkServerTrusted(chain, "UNKNOWN");
        return null;
      }
    };
  }
}
