package io.inmesh.identity;

import io.inmesh.model.StringMatch;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * Believes a control server whose chain ends in a root with a known public key: for the first
 * contact, when there are no roots yet.
 */
final class PinnedTrust extends PeerTrust {
  private final Set<String> pins;

  PinnedTrust(Set<String> pins) {
    this.pins = pins;
  }

  @Override
  SpiffeId verify(X509Certificate[] chain, boolean server) throws CertificateException {
    X509Certificate root = chain[chain.length - 1];
    if (!pins.contains(pin(root))) {
      throw new CertificateException(
          "the control server's certificate leads to root "
              + pin(root).substring(0, 12)
              + "…, what it is known by here (join token or roots) is for another: was the"
              + " authority replaced, or is this not the control server?");
    }
    SpiffeId id = SpiffeId.of(chain[0]);
    StringMatch expected =
        new StringMatch.Exact(ControlServerTls.identity(id.trustDomain()).toString(), false);
    return new SpiffeTrust(TrustBundle.of(id.trustDomain(), Set.of(root)), List.of(expected))
        .verify(chain, server);
  }

  private static String pin(X509Certificate certificate) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(certificate.getPublicKey().getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }
}
