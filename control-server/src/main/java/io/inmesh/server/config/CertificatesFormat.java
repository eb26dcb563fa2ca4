package io.inmesh.server.config;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import org.jspecify.annotations.Nullable;

/** One or more certificates in PEM, and nothing that is secret. */
final class CertificatesFormat implements Format {
  static final int MAX_LENGTH = 1 << 20;

  @Override
  public String name() {
    return "certificates in PEM";
  }

  @Override
  public @Nullable String problem(String text) {
    if (text.contains("PRIVATE KEY")) {
      return "holds a private key, which callers must not have";
    }
    try {
      return CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))
              .isEmpty()
          ? "holds no certificate; expected PEM"
          : null;
    } catch (CertificateException e) {
      return "holds no certificates that can be read; expected PEM";
    }
  }

  /** Whether somebody meant to write certificates here, not the name of a file. */
  static boolean isMeant(String text) {
    return text.contains("-----BEGIN");
  }
}
