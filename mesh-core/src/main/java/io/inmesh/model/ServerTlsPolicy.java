package io.inmesh.model;

import java.util.List;
import java.util.Map;

/**
 * How connections to a port of this process must be secured.
 *
 * @param mode what is accepted
 * @param peers identities that may connect; empty: all that are trusted
 * @param bundles who vouches for which trust domain, in PEM; empty: whom this process believes
 * @param parameters what a handshake may agree on
 */
public record ServerTlsPolicy(
    Mode mode, List<StringMatch> peers, Map<String, String> bundles, TlsParameters parameters) {
  /** Istio's PeerAuthentication modes. */
  public enum Mode {
    /** Mutual TLS only. */
    STRICT,
    /** Mutual TLS, and plaintext. */
    PERMISSIVE,
    /** Plaintext only. */
    DISABLE
  }

  /** Plaintext only. */
  public static final ServerTlsPolicy DISABLED = new ServerTlsPolicy(Mode.DISABLE, List.of());

  /** Mutual TLS with everybody who is trusted. */
  public static final ServerTlsPolicy STRICT = new ServerTlsPolicy(Mode.STRICT, List.of());

  public ServerTlsPolicy {
    peers = List.copyOf(peers);
    bundles = Map.copyOf(bundles);
  }

  /** With the usual parameters. */
  public ServerTlsPolicy(Mode mode, List<StringMatch> peers) {
    this(mode, peers, Map.of(), TlsParameters.DEFAULT);
  }
}
