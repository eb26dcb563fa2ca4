package io.inmesh.identity;

import io.inmesh.match.TextTest;
import io.inmesh.model.StringMatch;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Believes peers of the mesh: an X.509-SVID that leads to a root of its own trust domain, is not
 * banned and, if the policy names peers, is one of them. Host names play no part.
 *
 * @see <a href="https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md">X509-SVID</a>
 */
final class SpiffeTrust extends PeerTrust {
  private static final int DIGITAL_SIGNATURE = 0;
  private static final int CERTIFICATE_SIGN = 5;
  private static final int CRL_SIGN = 6;
  private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
  private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USAGE = "2.5.29.37.0";

  private final TrustBundle bundle;
  private final List<TextTest> accepted;

  /**
   * Compiles a policy.
   *
   * @param peers who is accepted; empty: whom the bundle vouches for
   */
  SpiffeTrust(TrustBundle bundle, List<StringMatch> peers) {
    this.bundle = bundle;
    this.accepted = peers.stream().map(TextTest::of).toList();
  }

  @Override
  SpiffeId verify(X509Certificate[] chain, boolean server) throws CertificateException {
    if (chain.length == 0) {
      throw new CertificateException("the peer showed no certificate");
    }
    X509Certificate leaf = chain[0];
    SpiffeId id = SpiffeId.of(leaf);
    checkLeaf(leaf, server);
    checkPath(chain, id);
    if (bundle.banned().contains(id)) {
      throw new CertificateException(id + " is banned");
    }
    if (!accepted.isEmpty() && accepted.stream().noneMatch(test -> test.test(id.toString()))) {
      throw new CertificateException(id + " is not an identity that is expected here");
    }
    return id;
  }

  private static void checkLeaf(X509Certificate leaf, boolean server) throws CertificateException {
    boolean[] usage = leaf.getKeyUsage();
    if (leaf.getBasicConstraints() >= 0
        || usage == null
        || !usage[DIGITAL_SIGNATURE]
        || usage[CERTIFICATE_SIGN]
        || usage[CRL_SIGN]) {
      throw new CertificateException("the certificate is not one of a workload");
    }
    List<String> extended = leaf.getExtendedKeyUsage();
    if (extended != null
        && !extended.contains(server ? SERVER_AUTH : CLIENT_AUTH)
        && !extended.contains(ANY_USAGE)) {
      throw new CertificateException(
          "the certificate is not one of a " + (server ? "server" : "client"));
    }
  }

  private void checkPath(X509Certificate[] chain, SpiffeId id) throws CertificateException {
    Set<X509Certificate> roots = bundle.roots().getOrDefault(id.trustDomain(), Set.of());
    if (roots.isEmpty()) {
      throw new CertificateException(
          id + ": trust domain '" + id.trustDomain() + "' is not trusted");
    }
    Set<TrustAnchor> anchors = new HashSet<>();
    roots.forEach(root -> anchors.add(new TrustAnchor(root, null)));
    List<X509Certificate> path = new ArrayList<>(List.of(chain));
    if (path.size() > 1) {
      path.removeIf(roots::contains); // some send the root, too; it is no part of the path
    }
    try {
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false); // certificates are short-lived; bans do the rest
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
    } catch (CertPathValidatorException e) {
      throw new CertificateException(id + ": " + reason(e), e);
    } catch (GeneralSecurityException e) {
      throw new CertificateException(id + ": the certificates cannot be checked", e);
    }
  }

  /** In terms of clocks, where it is about time: these differ more often than certificates end. */
  private static String reason(CertPathValidatorException e) {
    Throwable cause = e.getCause();
    return cause instanceof CertificateNotYetValidException
            || cause instanceof CertificateExpiredException
        ? cause.getMessage()
            + ", and this host's clock says "
            + Instant.now()
            + ": has the certificate not been renewed, or do the clocks differ?"
        : String.valueOf(e.getMessage());
  }
}
