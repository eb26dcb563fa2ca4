package io.inmesh.server.ca;

import io.inmesh.identity.CertificateRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The key of a root, in the hands of whoever keeps it: it certifies a server's new key and does not
 * go to the server itself, which knows none. A secret. Immutable.
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
   * Makes a root, and writes its key to a new file, encrypted and for its owner only.
   *
   * @return the root, PEM
   * @throws CaException if there is such a file, or it cannot be written
   */
  public static String make(Path file, String passphrase, String trustDomain, Duration ttl)
      throws CaException {
    return make(file, passphrase, trustDomain, ttl, InstantSource.system());
  }

  private static String make(
      Path file, String passphrase, String trustDomain, Duration ttl, InstantSource clock)
      throws CaException {
    KeyPair keys = Certificates.keys();
    X509Certificate root = Certificates.root(trustDomain, keys, clock.instant(), ttl);
    try {
      if (Files.exists(file)) {
        throw new CaException(file + ": exists, and may be the key of another root");
      }
      PrivateFiles.directoryOf(file);
      PrivateFiles.write(
          file.toAbsolutePath(), Pem.write(keys.getPrivate(), Optional.of(passphrase)));
    } catch (IOException e) {
      throw new CaException(file + ": cannot be written (" + e + ")", e);
    }
    return Pem.write(List.of(root));
  }

  /**
   * Makes a root, and what signs under it in a state directory that has no authority yet. A server
   * that is started with the directory then finds all that it needs, and not the root's key.
   *
   * @param file where the root's key goes; not in the state directory
   * @throws CaException if there is an authority, or something cannot be written
   */
  public static void setUp(CaOptions options, Path state, Path file, String passphrase)
      throws CaException {
    setUp(options, state, file, passphrase, InstantSource.system());
  }

  static void setUp(
      CaOptions options, Path state, Path file, String passphrase, InstantSource clock)
      throws CaException {
    if (file.toAbsolutePath().normalize().startsWith(state.toAbsolutePath().normalize())) {
      throw new CaException(file + ": is in the state directory, where the server could read it");
    }
    AuthorityStore store = new AuthorityStore(Optional.of(state), options.passphrase());
    if (store.load().isPresent()) {
      throw new CaException(
          state + ": has an authority; replace its root with 'inmesh ca prepare'");
    }
    String root = make(file, passphrase, options.trustDomain(), options.rootTtl(), clock);
    CertificateRequest request = CertificateRequest.create();
    String signer =
        read(file, Optional.of(passphrase), clock)
            .certify(
                new SignerRequest(
                    "",
                    options.trustDomain(),
                    Pem.writeRequest(request.der()),
                    root,
                    options.intermediateTtl().toSeconds()));
    Authority made =
        Authority.of(
            Pem.certificates(root, "root").get(0),
            Pem.certificates(signer, "signer"),
            request.keys().getPrivate(),
            Authority.Phase.ACTIVE);
    store.add(made);
    store.save(new AuthorityStore.Content(options.trustDomain(), 0, List.of(made), Set.of()));
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
