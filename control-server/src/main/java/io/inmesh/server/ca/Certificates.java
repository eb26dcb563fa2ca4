package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.GeneralSubtree;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.NameConstraints;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Makes certificates, of the forms that X509-SVID asks for. */
final class Certificates {
  /** Clocks of clients may be behind by this much. */
  static final Duration SKEW = Duration.ofMinutes(15);

  private static final X500Name NO_NAME = new X500Name(new org.bouncycastle.asn1.x500.RDN[0]);
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int SERIAL_BITS = 127;

  private Certificates() {}

  /** A new EC P-256 key. */
  static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no EC P-256", e);
    }
  }

  /** A root for a trust domain, signed by itself. */
  static X509Certificate root(String trustDomain, KeyPair keys, Instant now, Duration ttl)
      throws CaException {
    X500Name name = authorityName(trustDomain, "root");
    return new Draft(name, name, keys.getPublic(), now, now.plus(ttl))
        .authority(1)
        .names(trustDomainName(trustDomain))
        .sign(keys.getPrivate(), keys.getPublic());
  }

  /** An intermediate that issues for workloads of the trust domain only. */
  static X509Certificate intermediate(
      String trustDomain,
      PublicKey key,
      X509Certificate root,
      PrivateKey rootKey,
      Instant now,
      Duration ttl)
      throws CaException {
    return new Draft(
            nameOf(root),
            authorityName(trustDomain, "intermediate"),
            key,
            now,
            earliest(now.plus(ttl), root.getNotAfter().toInstant()))
        .authority(0)
        .names(trustDomainName(trustDomain))
        .onlyFor(trustDomain)
        .sign(rootKey, root.getPublicKey());
  }

  /**
   * A workload's certificate.
   *
   * @param names further names, host names and addresses of the control server's own certificate
   */
  static X509Certificate leaf(
      SpiffeId id,
      PublicKey key,
      X509Certificate issuer,
      PrivateKey issuerKey,
      Instant now,
      Duration ttl,
      List<GeneralName> names)
      throws CaException {
    List<GeneralName> all = new ArrayList<>();
    all.add(new GeneralName(GeneralName.uniformResourceIdentifier, id.toString()));
    all.addAll(names);
    return new Draft(
            nameOf(issuer),
            NO_NAME,
            key,
            now,
            earliest(now.plus(ttl), issuer.getNotAfter().toInstant()))
        .workload()
        .names(all.toArray(GeneralName[]::new))
        .sign(issuerKey, issuer.getPublicKey());
  }

  private static Instant earliest(Instant a, Instant b) {
    return a.isBefore(b) ? a : b;
  }

  private static X500Name authorityName(String trustDomain, String what) {
    return new X500Name("O=" + trustDomain + ",CN=Inmesh " + what + " " + serial().toString(36));
  }

  private static X500Name nameOf(X509Certificate certificate) {
    return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
  }

  private static GeneralName trustDomainName(String trustDomain) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, "spiffe://" + trustDomain);
  }

  private static BigInteger serial() {
    return new BigInteger(SERIAL_BITS, RANDOM).setBit(0);
  }

  private static final class Draft {
    private final JcaX509v3CertificateBuilder builder;
    private final boolean nameless;

    Draft(X500Name issuer, X500Name subject, PublicKey key, Instant now, Instant until) {
      nameless = subject.getRDNs().length == 0;
      builder =
          new JcaX509v3CertificateBuilder(
              issuer,
              serial(),
              Date.from(now.minus(SKEW).truncatedTo(ChronoUnit.SECONDS)),
              Date.from(until),
              subject,
              key);
      try {
        builder.addExtension(
            Extension.subjectKeyIdentifier,
            false,
            new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
      } catch (IOException | GeneralSecurityException e) {
        throw new IllegalStateException(e);
      }
    }

    Draft authority(int pathLength) throws CaException {
      add(Extension.basicConstraints, true, new BasicConstraints(pathLength));
      return add(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
    }

    Draft workload() throws CaException {
      add(Extension.basicConstraints, true, new BasicConstraints(false));
      add(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      return add(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
    }

    Draft names(GeneralName... names) throws CaException {
      return add(Extension.subjectAlternativeName, nameless, new GeneralNames(names));
    }

    /** Not critical: some validators refuse what they do not know of it. */
    Draft onlyFor(String trustDomain) throws CaException {
      return add(
          Extension.nameConstraints,
          false,
          new NameConstraints(
              new GeneralSubtree[] {
                new GeneralSubtree(
                    new GeneralName(GeneralName.uniformResourceIdentifier, trustDomain))
              },
              null));
    }

    private Draft add(
        org.bouncycastle.asn1.ASN1ObjectIdentifier type,
        boolean critical,
        org.bouncycastle.asn1.ASN1Encodable value)
        throws CaException {
      try {
        builder.addExtension(type, critical, value);
        return this;
      } catch (IOException e) {
        throw new CaException("cannot make a certificate", e);
      }
    }

    X509Certificate sign(PrivateKey key, PublicKey issuer) throws CaException {
      try {
        builder.addExtension(
            Extension.authorityKeyIdentifier,
            false,
            new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(issuer));
        String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        return new JcaX509CertificateConverter()
            .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(key)));
      } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
        throw new CaException("cannot sign a certificate", e);
      }
    }
  }
}
