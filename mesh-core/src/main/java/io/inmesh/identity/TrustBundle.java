package io.inmesh.identity;

import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Who is believed: the roots of each trust domain, and identities that are refused whatever their
 * certificates say. Immutable.
 *
 * @param roots by trust domain; several while a root is rotated
 * @param banned refused at once, on open connections too
 */
public record TrustBundle(Map<String, Set<X509Certificate>> roots, Set<SpiffeId> banned) {
  /** Nobody. */
  public static final TrustBundle NONE = new TrustBundle(Map.of(), Set.of());

  public TrustBundle {
    Map<String, Set<X509Certificate>> copy = new HashMap<>();
    roots.forEach((domain, certificates) -> copy.put(domain, Set.copyOf(certificates)));
    roots = Map.copyOf(copy);
    banned = Set.copyOf(banned);
  }

  /** The roots of one trust domain, and nobody banned. */
  public static TrustBundle of(String trustDomain, Set<X509Certificate> roots) {
    return new TrustBundle(Map.of(trustDomain, roots), Set.of());
  }

  @Override
  public String toString() {
    return "TrustBundle[" + roots.keySet() + ", banned=" + banned + "]";
  }
}
