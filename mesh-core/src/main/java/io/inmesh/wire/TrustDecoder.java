package io.inmesh.wire;

import com.google.protobuf.ByteString;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TrustBundle;
import io.inmesh.wire.identity.v1.Trust;
import io.inmesh.wire.identity.v1.TrustDomain;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads certificates from our own messages. */
final class TrustDecoder {
  private TrustDecoder() {}

  static List<X509Certificate> chain(List<ByteString> der) throws CertificateException {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    List<X509Certificate> chain = new ArrayList<>();
    for (ByteString bytes : der) {
      chain.add((X509Certificate) factory.generateCertificate(bytes.newInput()));
    }
    return chain;
  }

  /**
   * Whom to trust.
   *
   * @throws IllegalArgumentException if a name is none
   */
  static TrustBundle bundle(Trust trust) throws CertificateException {
    Map<String, Set<X509Certificate>> roots = new HashMap<>();
    for (TrustDomain domain : trust.getDomainsList()) {
      roots.put(
          SpiffeId.trustDomain(domain.getName()), new HashSet<>(chain(domain.getRootsList())));
    }
    if (roots.values().stream().allMatch(Set::isEmpty)) {
      throw new CertificateException("it holds no root");
    }
    Set<SpiffeId> banned = new HashSet<>();
    trust.getBannedList().forEach(id -> banned.add(SpiffeId.parse(id)));
    return new TrustBundle(roots, banned);
  }
}
