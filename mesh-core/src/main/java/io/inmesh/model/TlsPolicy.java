package io.inmesh.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How connections to a cluster are secured.
 *
 * @param mode mesh mTLS, or TLS to something outside
 * @param peers identities or names that are accepted; empty: any that the trust accepts in MESH
 *     mode, the host name in EXTERNAL mode
 * @param sni sent in the handshake; null: the host name
 * @param trustedPem roots in PEM for EXTERNAL mode; null: the system's
 */
public record TlsPolicy(
    Mode mode, List<StringMatch> peers, @Nullable String sni, @Nullable String trustedPem) {
  /** Who is at the other end. */
  public enum Mode {
    /** A mesh peer: SPIFFE identity on both sides. */
    MESH,
    /** Something outside the mesh: host name checked. */
    EXTERNAL
  }

  public TlsPolicy {
    peers = List.copyOf(peers);
  }
}
