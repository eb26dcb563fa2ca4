package io.inmesh.server.ca;

import io.inmesh.server.config.FederationSpec;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Whom clients believe beside the identities of this authority.
 *
 * @param aliases trust domains under the same roots
 * @param roots of foreign ones, by name
 */
record Federation(Set<String> aliases, Map<String, Set<X509Certificate>> roots) {
  static final Federation NONE = new Federation(Set.of(), Map.of());

  Federation {
    aliases = Set.copyOf(aliases);
    roots = Map.copyOf(roots);
  }

  /**
   * As configured.
   *
   * @throws CaException if roots cannot be read
   */
  static Federation of(FederationSpec spec) throws CaException {
    Map<String, Set<X509Certificate>> roots = new HashMap<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Map.Entry<String, String> domain : spec.roots().entrySet()) {
        Set<X509Certificate> own = new HashSet<>();
        for (var root :
            factory.generateCertificates(
                new ByteArrayInputStream(domain.getValue().getBytes(StandardCharsets.US_ASCII)))) {
          own.add((X509Certificate) root);
        }
        roots.put(domain.getKey(), own);
      }
    } catch (CertificateException e) {
      throw new CaException("the roots of a foreign trust domain cannot be read", e);
    }
    return new Federation(Set.copyOf(spec.aliases()), roots);
  }

  /** All roots, those of the own trust domain included, which nobody else speaks for. */
  Map<String, Set<X509Certificate>> with(String trustDomain, Set<X509Certificate> own) {
    Map<String, Set<X509Certificate>> all = new HashMap<>(roots);
    aliases.forEach(alias -> all.put(alias, own));
    all.put(trustDomain, own);
    return all;
  }
}
