package io.inmesh.http;

import io.inmesh.identity.TlsGeneration;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;

/** A certificate authority of the test's own. */
final class TestTls {
  private static final AtomicLong NUMBERS = new AtomicLong();
  private final X509Bundle authority;

  TestTls() {
    try {
      authority =
          new CertificateBuilder()
              .subject("CN=test authority")
              .setIsCertificateAuthority(true)
              .ecp256()
              .buildSelfSigned();
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Identity and trust of a peer. */
  TlsGeneration generation(String spiffeId) {
    return generation(spiffeId, this);
  }

  /** An identity of this authority and the trust of another. */
  TlsGeneration generation(String spiffeId, TestTls trusted) {
    try {
      X509Bundle own =
          new CertificateBuilder()
              .subject("CN=peer")
              .addSanUriName(spiffeId)
              .ecp256()
              .buildIssuedBy(authority);
      KeyManager[] keys = own.toKeyManagerFactory().getKeyManagers();
      TrustManager[] trust = trusted.authority.toTrustManagerFactory().getTrustManagers();
      return new TlsGeneration(
          NUMBERS.incrementAndGet(),
          (X509ExtendedKeyManager) keys[0],
          new IgnoringHostNames((X509ExtendedTrustManager) trust[0]),
          null,
          List.of("h2", "http/1.1"));
    } catch (Exception impossible) {
      throw new AssertionError(impossible);
    }
  }
}
