package io.inmesh.identity;

import io.inmesh.model.SanMatch;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Believes servers outside the mesh: a path to the roots given or to the system's, and the host
 * name, unless the policy says which names the certificate must have.
 */
final class ExternalTrust extends PeerTrust {
  private static final String AUTHENTICATION = "UNKNOWN"; // the key exchange does not matter here

  private final X509ExtendedTrustManager paths;
  private final List<SanTest> names;

  /**
   * Compiles a policy.
   *
   * @param pem the roots; null: the system's
   * @param names one of which the certificate must have; empty: the host name is checked instead
   * @throws IllegalArgumentException if the roots cannot be read
   */
  ExternalTrust(@Nullable String pem, List<SanMatch> names) {
    this.paths = paths(pem);
    this.names = names.stream().map(SanTest::new).toList();
  }

  private static X509ExtendedTrustManager paths(@Nullable String pem) {
    try {
      KeyStore roots = null;
      if (pem != null) {
        roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        int number = 0;
        for (Certificate root :
            CertificateFactory.getInstance("X.509")
                .generateCertificates(
                    new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8)))) {
          roots.setCertificateEntry("root-" + number++, root);
        }
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(roots);
      return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalArgumentException("the trusted roots cannot be read: " + e.getMessage(), e);
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    if (names.isEmpty()) {
      paths.checkServerTrusted(chain, type, engine); // with the host name, as the engine says
    } else {
      verify(chain, true); // some engines check the host name unasked
    }
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    if (names.isEmpty()) {
      paths.checkServerTrusted(chain, type, socket);
    } else {
      verify(chain, true);
    }
  }

  @Override
  @Nullable SpiffeId verify(X509Certificate[] chain, boolean server) throws CertificateException {
    if (!server) {
      throw new CertificateException("clients are not from outside the mesh");
    }
    paths.checkServerTrusted(chain, AUTHENTICATION);
    checkNames(chain);
    return null;
  }

  private void checkNames(X509Certificate[] chain) throws CertificateException {
    if (names.isEmpty()) {
      return;
    }
    Collection<List<?>> shown = chain[0].getSubjectAlternativeNames();
    for (List<?> name : shown == null ? List.<List<?>>of() : shown) {
      if (name.get(0) instanceof Integer type
          && name.get(1) instanceof String text
          && names.stream().anyMatch(test -> test.accepts(type, text))) {
        return;
      }
    }
    throw new CertificateException("the certificate has none of the names that are expected");
  }
}
