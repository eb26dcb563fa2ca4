package io.inmesh.identity;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A key that was made for one certificate, and the request for it. The key never leaves the
 * process. Immutable.
 *
 * @param keys EC P-256; the private half is a secret
 * @param der PKCS#10 without any name: who this is follows from what the process proves
 */
@SuppressWarnings("ArrayRecordComponent") // written once, to one call
public record CertificateRequest(KeyPair keys, byte[] der) {
  /** A request for a new key. */
  public static CertificateRequest create() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair keys = generator.generateKeyPair();
      byte[] der =
          new JcaPKCS10CertificationRequestBuilder(new X500Name(new RDN[0]), keys.getPublic())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate()))
              .getEncoded();
      return new CertificateRequest(keys, der);
    } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
      throw new IllegalStateException("this JVM cannot make EC P-256 keys", e);
    }
  }

  @Override
  public String toString() {
    return "CertificateRequest";
  }
}
