package io.inmesh.testing;

import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority in memory, which also issues what a good one never would. A root alone,
 * no intermediate. Thread-safe.
 */
public final class TestAuthority {
  private static final AtomicLong SERIALS = new AtomicLong(1);
  private static final Duration AN_HOUR = Duration.ofHours(1);
  private static final X500Name WORKLOAD = new X500Name("CN=workload");
  private static final KeyPurposeId[] BOTH_SIDES = {
    KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
  };

  private final String trustDomain;
  private final PrivateKey key;
  private final X500Name name;
  private final X509Certificate root;

  /** An authority for the trust domain {@code cluster.local}. */
  public TestAuthority() {
    this("cluster.local");
  }

  /** An authority for a trust domain; two of the same are strangers to each other. */
  public TestAuthority(String trustDomain) {
    this.trustDomain = trustDomain;
    this.name = new X500Name("CN=test authority " + SERIALS.get());
    KeyPair keys = keys();
    this.key = keys.getPrivate();
    Instant now = Instant.now();
    this.root =
        issue(
            name,
            key,
            name,
            keys,
            now.minus(AN_HOUR),
            now.plus(AN_HOUR),
            new KeyPurposeId[0],
            uri("spiffe://" + trustDomain));
  }

  /** What leads to this authority is believed. */
  public TrustBundle bundle() {
    return TrustBundle.of(trustDomain, Set.of(root));
  }

  /** The root. */
  public X509Certificate root() {
    return root;
  }

  /** The root in PEM. */
  public String rootPem() {
    try {
      return "-----BEGIN CERTIFICATE-----\n"
          + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(root.getEncoded())
          + "\n-----END CERTIFICATE-----\n";
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** A workload's material: its identity, and trust in this authority. */
  public TlsMaterial material(String spiffeId) {
    TlsMaterial material = new TlsMaterial();
    material.update(svid(spiffeId), bundle());
    return material;
  }

  /** The identity of a workload, of this or, wrongly, another trust domain; valid for an hour. */
  public Svid svid(String spiffeId) {
    return svid(spiffeId, Instant.now().minus(AN_HOUR), Instant.now().plus(AN_HOUR));
  }

  /** The identity of a workload with a time of validity: expired, not yet valid, about to end. */
  public Svid svid(String spiffeId, Instant from, Instant until) {
    return new Issued(from, until, uri(spiffeId)).as(SpiffeId.parse(spiffeId));
  }

  /**
   * A certificate with any names; what it is handed out as need not be true.
   *
   * @param claimed what {@link Svid#id} says
   * @param names several URI names, host names, none at all
   */
  public Svid forged(SpiffeId claimed, GeneralName... names) {
    return new Issued(Instant.now().minus(AN_HOUR), Instant.now().plus(AN_HOUR), names).as(claimed);
  }

  /**
   * The certificate of a server outside the mesh.
   *
   * @param names host names, or URIs
   */
  public Svid outsider(String... names) {
    return forged(
        SpiffeId.of("outside.example", "default", "server"),
        Stream.of(names)
            .map(
                name ->
                    new GeneralName(
                        name.contains("://")
                            ? GeneralName.uniformResourceIdentifier
                            : GeneralName.dNSName,
                        name))
            .toArray(GeneralName[]::new));
  }

  /** The identity of a workload for some purposes alone, such as serving. */
  public Svid svidFor(String spiffeId, KeyPurposeId... purposes) {
    return new Issued(
            Instant.now().minus(AN_HOUR), Instant.now().plus(AN_HOUR), purposes, uri(spiffeId))
        .as(SpiffeId.parse(spiffeId));
  }

  /** An authority below this one, whose own certificate names a workload. */
  public Svid authority(String spiffeId) {
    return svidFor(spiffeId);
  }

  /** A certificate that names a workload and is vouched for by nobody but itself. */
  public static Svid selfSigned(String spiffeId) {
    KeyPair keys = keys();
    Instant now = Instant.now();
    X509Certificate leaf =
        issue(
            WORKLOAD,
            keys.getPrivate(),
            WORKLOAD,
            keys,
            now.minus(AN_HOUR),
            now.plus(AN_HOUR),
            BOTH_SIDES,
            uri(spiffeId));
    return new Svid(SpiffeId.parse(spiffeId), List.of(leaf), keys.getPrivate());
  }

  private static GeneralName uri(String text) {
    return new GeneralName(GeneralName.uniformResourceIdentifier, text);
  }

  private final class Issued {
    private final KeyPair keys = keys();
    private final X509Certificate leaf;

    Issued(Instant from, Instant until, GeneralName... names) {
      this(from, until, BOTH_SIDES, names);
    }

    Issued(Instant from, Instant until, KeyPurposeId[] purposes, GeneralName... names) {
      leaf = issue(name, key, WORKLOAD, keys, from, until, purposes, names);
    }

    Svid as(SpiffeId id) {
      return new Svid(id, List.of(leaf), keys.getPrivate());
    }
  }

  /** Of an authority, if it has no purposes. */
  private static X509Certificate issue(
      X500Name issuer,
      PrivateKey signer,
      X500Name subject,
      KeyPair keys,
      Instant from,
      Instant until,
      KeyPurposeId[] purposes,
      GeneralName... names) {
    boolean authority = purposes.length == 0;
    try {
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              issuer,
              BigInteger.valueOf(SERIALS.incrementAndGet()),
              Date.from(from),
              Date.from(until),
              subject,
              keys.getPublic());
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(authority))
          .addExtension(
              Extension.keyUsage,
              true,
              new KeyUsage(authority ? KeyUsage.keyCertSign : KeyUsage.digitalSignature));
      if (!authority) {
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purposes));
      }
      if (names.length > 0) {
        builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer)));
    } catch (IOException | GeneralSecurityException | OperatorCreationException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static KeyPair keys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      return generator.generateKeyPair();
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
