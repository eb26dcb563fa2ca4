package io.inmesh.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What a TLS handshake may agree on: Envoy's {@code TlsParameters} as far as it is safe with
 * HTTP/2. Versions before 1.2 and suites without forward secrecy or authenticated encryption are
 * never used (RFC 9113, 9.2).
 *
 * @param min the oldest version
 * @param max the newest version
 * @param cipherSuites of TLS 1.2, in order of preference; empty: the provider's. Those of TLS 1.3
 *     cannot be chosen
 * @param curves for the key exchange, in order of preference; empty: the provider's
 */
public record TlsParameters(
    Version min, Version max, List<CipherSuite> cipherSuites, List<Curve> curves) {
  /** TLS 1.3, or 1.2 with whom has no better; suites and curves are the provider's. */
  public static final TlsParameters DEFAULT =
      new TlsParameters(Version.TLS_1_2, Version.TLS_1_3, List.of(), List.of());

  private static final List<String> TLS_1_3_SUITES =
      List.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256");

  public TlsParameters {
    if (min.compareTo(max) > 0) {
      throw new IllegalArgumentException(min + " is newer than " + max);
    }
    cipherSuites = List.copyOf(cipherSuites);
    curves = List.copyOf(curves);
  }

  /** Versions of the protocol. */
  public enum Version {
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3");

    private final String standardName;

    Version(String standardName) {
      this.standardName = standardName;
    }
  }

  /** Suites of TLS 1.2. */
  public enum CipherSuite {
    ECDHE_ECDSA_AES128_GCM("ECDHE-ECDSA-AES128-GCM-SHA256", "AES_128_GCM_SHA256"),
    ECDHE_RSA_AES128_GCM("ECDHE-RSA-AES128-GCM-SHA256", "AES_128_GCM_SHA256"),
    ECDHE_ECDSA_AES256_GCM("ECDHE-ECDSA-AES256-GCM-SHA384", "AES_256_GCM_SHA384"),
    ECDHE_RSA_AES256_GCM("ECDHE-RSA-AES256-GCM-SHA384", "AES_256_GCM_SHA384"),
    ECDHE_ECDSA_CHACHA20("ECDHE-ECDSA-CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256"),
    ECDHE_RSA_CHACHA20("ECDHE-RSA-CHACHA20-POLY1305", "CHACHA20_POLY1305_SHA256");

    private final String openSslName;
    private final String standardName;

    CipherSuite(String openSslName, String cipher) {
      this.openSslName = openSslName;
      this.standardName =
          "TLS_ECDHE_" + (openSslName.contains("ECDSA") ? "ECDSA" : "RSA") + "_WITH_" + cipher;
    }

    /** As OpenSSL, BoringSSL and configuration call it. */
    public String openSslName() {
      return openSslName;
    }
  }

  /** Groups for the key exchange. */
  public enum Curve {
    X25519("X25519", "x25519"),
    P_256("P-256", "secp256r1"),
    P_384("P-384", "secp384r1"),
    P_521("P-521", "secp521r1");

    private final String openSslName;
    private final String standardName;

    Curve(String openSslName, String standardName) {
      this.openSslName = openSslName;
      this.standardName = standardName;
    }

    /** As BoringSSL and configuration call it. */
    public String openSslName() {
      return openSslName;
    }

    /** As the JDK and the registry of TLS groups call it. */
    public String standardName() {
      return standardName;
    }
  }

  /** The standard names of the versions, newest first. */
  public List<String> protocols() {
    List<String> names = new ArrayList<>();
    for (Version version : Version.values()) {
      if (version.compareTo(min) >= 0 && version.compareTo(max) <= 0) {
        names.add(version.standardName);
      }
    }
    Collections.reverse(names);
    return names;
  }

  /** The standard names of all suites, those of TLS 1.3 included; empty: the provider's. */
  public List<String> suites() {
    if (cipherSuites.isEmpty()) {
      return List.of();
    }
    List<String> names = new ArrayList<>(TLS_1_3_SUITES);
    cipherSuites.forEach(suite -> names.add(suite.standardName));
    return names;
  }

  /** The standard names of the curves; empty: the provider's. */
  public List<String> groups() {
    return curves.stream().map(Curve::standardName).toList();
  }
}
