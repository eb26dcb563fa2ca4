package io.inmesh.wire;

import com.google.protobuf.ByteString;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TrustBundle;
import io.inmesh.wire.spiffe.X509SVID;
import io.inmesh.wire.spiffe.X509SVIDResponse;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a response of the Workload API says. */
final class SpiffeState {
  private static final String PREFIX = "spiffe://";

  private SpiffeState() {}

  /** The default identity, which is the first. */
  static Svid svid(X509SVIDResponse response) throws CertificateException {
    if (response.getSvidsCount() == 0) {
      throw new CertificateException("it has no identity for this process");
    }
    X509SVID first = response.getSvids(0);
    List<X509Certificate> chain = certificates(first.getX509Svid());
    Svid svid = Svid.of(chain, key(first.getX509SvidKey(), chain));
    if (!svid.id().toString().equals(first.getSpiffeId())) {
      throw new CertificateException(
          "the certificate is of " + svid.id() + ", not of " + first.getSpiffeId());
    }
    return svid;
  }

  /** Whom to believe: the own trust domain, and those it federates with. */
  static TrustBundle bundle(X509SVIDResponse response, SpiffeId own, Set<SpiffeId> banned)
      throws CertificateException {
    Map<String, Set<X509Certificate>> roots = new HashMap<>();
    for (Map.Entry<String, ByteString> other : response.getFederatedBundlesMap().entrySet()) {
      String domain = other.getKey();
      roots.put(
          domain.startsWith(PREFIX) ? domain.substring(PREFIX.length()) : domain,
          new HashSet<>(certificates(other.getValue())));
    }
    // Nobody else can speak for the own domain.
    roots.put(own.trustDomain(), new HashSet<>(certificates(response.getSvids(0).getBundle())));
    return new TrustBundle(roots, banned);
  }

  private static List<X509Certificate> certificates(ByteString der) throws CertificateException {
    List<X509Certificate> certificates =
        CertificateFactory.getInstance("X.509").generateCertificates(der.newInput()).stream()
            .map(X509Certificate.class::cast)
            .toList();
    if (certificates.isEmpty()) {
      throw new CertificateException("certificates are missing");
    }
    return certificates;
  }

  private static PrivateKey key(ByteString der, List<X509Certificate> chain)
      throws CertificateException {
    try {
      return KeyFactory.getInstance(chain.get(0).getPublicKey().getAlgorithm())
          .generatePrivate(new PKCS8EncodedKeySpec(der.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new CertificateException("the key cannot be read", e);
    }
  }
}
