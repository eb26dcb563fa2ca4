package io.inmesh.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How connections to a cluster are secured.
 *
 * @param mode mesh mTLS, or TLS to something outside
 * @param peers identities that are accepted in MESH mode; empty: any that the trust accepts
 * @param bundles in MESH mode, who vouches for which trust domain, in PEM; empty: whom this process
 *     believes
 * @param names of which the certificate must have one in EXTERNAL mode; empty: the host name
 * @param sni sent in the handshake; null: the host name
 * @param trustedPem roots in PEM for EXTERNAL mode; null: the system's
 * @param credential what this side shows in EXTERNAL mode, by the name that the application's
 *     settings give it; null: nothing
 * @param parameters what the handshake may agree on
 */
public record TlsPolicy(
    Mode mode,
    List<StringMatch> peers,
    Map<String, String> bundles,
    List<SanMatch> names,
    @Nullable String sni,
    @Nullable String trustedPem,
    @Nullable String credential,
    TlsParameters parameters) {
  /** Who is at the other end. */
  public enum Mode {
    /** A mesh peer: SPIFFE identity on both sides. */
    MESH,
    /** Something outside the mesh: its names checked. */
    EXTERNAL
  }

  public TlsPolicy {
    peers = List.copyOf(peers);
    bundles = Map.copyOf(bundles);
    names = List.copyOf(names);
  }

  /** A policy without names, with the usual parameters. */
  public TlsPolicy(
      Mode mode, List<StringMatch> peers, @Nullable String sni, @Nullable String trustedPem) {
    this(mode, peers, Map.of(), List.of(), sni, trustedPem, null, TlsParameters.DEFAULT);
  }

  /** The same for other peers. */
  public TlsPolicy withPeers(List<StringMatch> others) {
    return new TlsPolicy(mode, others, bundles, names, sni, trustedPem, credential, parameters);
  }
}
