package io.inmesh.server.ca;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A certificate that was issued.
 *
 * @param chain leaf first, without the root
 * @param root it leads to
 * @param authority that issued it
 */
record Issued(List<X509Certificate> chain, X509Certificate root, String authority) {
  Issued {
    chain = List.copyOf(chain);
  }

  X509Certificate leaf() {
    return chain.get(0);
  }
}
