package io.inmesh.server.ca;

import io.inmesh.server.ca.CaException.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/** Certificates, keys and requests as text. */
final class Pem {
  /** Used for the encryption of keys only, and never installed for the whole process. */
  private static final Provider PROVIDER = new BouncyCastleProvider();

  private static final int ITERATIONS = 210_000;

  private Pem() {}

  static String write(List<X509Certificate> certificates) throws CaException {
    return text(certificates.toArray());
  }

  /** A key as PKCS#8, encrypted if there is a passphrase. */
  static String write(PrivateKey key, Optional<String> passphrase) throws CaException {
    try {
      OutputEncryptor encryptor =
          passphrase.isEmpty()
              ? null
              : new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                  .setProvider(PROVIDER)
                  .setPRF(PKCS8Generator.PRF_HMACSHA256)
                  .setIterationCount(ITERATIONS)
                  .setRandom(new SecureRandom())
                  .setPassword(passphrase.get().toCharArray())
                  .build();
      return text(new JcaPKCS8Generator(key, encryptor));
    } catch (OperatorCreationException | IOException e) {
      throw new CaException("cannot write a key", e);
    }
  }

  private static String text(Object... objects) throws CaException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      for (Object object : objects) {
        writer.writeObject(object);
      }
    } catch (IOException e) {
      throw new CaException("cannot write PEM", e);
    }
    return text.toString();
  }

  /** All certificates of a text; at least one. */
  static List<X509Certificate> certificates(String text, String where) throws CaException {
    try {
      List<X509Certificate> all = new ArrayList<>();
      for (Certificate certificate :
          CertificateFactory.getInstance("X.509")
              .generateCertificates(
                  new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))) {
        all.add((X509Certificate) certificate);
      }
      if (all.isEmpty()) {
        throw new CaException(where + ": has no certificate");
      }
      return all;
    } catch (GeneralSecurityException e) {
      throw new CaException(where + ": is not PEM with certificates", e);
    }
  }

  /** A key: PKCS#8, plain or encrypted, or the older forms of OpenSSL. */
  static PrivateKey key(String text, Optional<String> passphrase, String where) throws CaException {
    try (PEMParser parser = new PEMParser(new StringReader(text))) {
      Object object = parser.readObject();
      JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
      if (object instanceof PKCS8EncryptedPrivateKeyInfo encrypted) {
        if (passphrase.isEmpty()) {
          throw new CaException(where + ": is encrypted; set INMESH_CA_PASSPHRASE");
        }
        return converter.getPrivateKey(
            encrypted.decryptPrivateKeyInfo(
                new JceOpenSSLPKCS8DecryptorProviderBuilder()
                    .setProvider(PROVIDER)
                    .build(passphrase.get().toCharArray())));
      }
      if (object instanceof PrivateKeyInfo plain) {
        return converter.getPrivateKey(plain);
      }
      if (object instanceof PEMKeyPair pair) {
        return converter.getPrivateKey(pair.getPrivateKeyInfo());
      }
      throw new CaException(where + ": is not PEM with a private key");
    } catch (PKCSException e) {
      throw new CaException(where + ": cannot be decrypted; is the passphrase right?", e);
    } catch (IOException | OperatorCreationException | RuntimeException e) {
      throw new CaException(where + ": is not PEM with a private key", e);
    }
  }

  /** A PKCS#10 request. */
  static String writeRequest(byte[] der) throws CaException {
    try {
      return text(new JcaPKCS10CertificationRequest(der));
    } catch (IOException e) {
      throw new CaException("cannot write a certificate request", e);
    }
  }

  /** A PKCS#10 request's DER. */
  static byte[] request(String text) throws CaException {
    try (PEMParser parser = new PEMParser(new StringReader(text))) {
      if (parser.readObject() instanceof org.bouncycastle.pkcs.PKCS10CertificationRequest request) {
        return new JcaPKCS10CertificationRequest(request).getEncoded();
      }
    } catch (IOException | RuntimeException e) {
      throw new CaException(Kind.MALFORMED, "csr: is not PEM with a certificate request", e);
    }
    throw new CaException(Kind.MALFORMED, "csr: is not PEM with a certificate request");
  }
}
