package io.inmesh.server.ca;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/**
 * The key of a root, in the hands of whoever keeps it: it certifies a server's new key and does not
 * go to the server itself. A secret. Immutable.
 */
public final class RootKey {
  private final PrivateKey key;
  private final String where;
  private final InstantSource clock;

  private RootKey(PrivateKey key, String where, InstantSource clock) {
    this.key = key;
    this.where = where;
    this.clock = clock;
  }

  /**
   * Reads a key.
   *
   * @param file PKCS#8 or OpenSSL's older form, PEM; plain or encrypted
   * @param passphrase of an encrypted key
   * @throws CaException if there is none, or it cannot be read
   */
  public static RootKey read(Path file, Optional<String> passphrase) throws CaException {
    return read(file, passphrase, InstantSource.system());
  }

  static RootKey read(Path file, Optional<String> passphrase, InstantSource clock)
      throws CaException {
    try {
      return new RootKey(
          Pem.key(Files.readString(file), passphrase, file.toString()), file.toString(), clock);
    } catch (IOException e) {
      throw new CaException(file + ": cannot be read (" + e + ")", e);
    }
  }

  /**
   * Certifies a server's new key.
   *
   * @return PEM
   * @throws CaException if this is the key of another root, or the request is not in order
   */
  public String certify(SignerRequest request) throws CaException {
    X509Certificate root = Pem.certificates(request.root(), "root").get(0);
    AuthorityCheck.check(
        root, List.of(root), key, clock.instant(), "root " + request.authority(), where, "itself");
    X509Certificate signer =
        Certificates.intermediate(
            request.trustDomain(),
            SigningRequest.key(Pem.request(request.request())),
            root,
            key,
            clock.instant(),
            Duration.ofSeconds(request.ttlSeconds()));
    return Pem.write(List.of(signer));
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "RootKey[" + where + "]";
  }
}
