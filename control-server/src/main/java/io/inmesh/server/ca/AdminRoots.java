package io.inmesh.server.ca;

import io.inmesh.identity.ControlServerTls;
import io.inmesh.identity.TlsMaterial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * The roots that commands, scrapers and browsers know the admin port by: {@code admin/roots.pem} of
 * the state directory, which follows every change of the roots.
 */
public final class AdminRoots {
  private AdminRoots() {}

  /** Where they are. */
  public static Path file(Path state) {
    return state.resolve("admin").resolve("roots.pem");
  }

  /** Writes them, unless they are there already: a disk that takes nothing is no matter then. */
  static void write(Path state, List<X509Certificate> roots) throws CaException {
    Path file = file(state);
    String text = Pem.write(roots);
    try {
      if (Files.exists(file) && Files.readString(file).equals(text)) {
        return;
      }
      PrivateFiles.directoryOf(file);
      PrivateFiles.write(file, text);
    } catch (IOException e) {
      throw new CaException(file + ": cannot be written (" + e + ")", e);
    }
  }

  /**
   * TLS that believes a control server under one of these roots, whatever its host is called, and
   * nobody else.
   *
   * @param files PEM
   */
  public static SSLContext trust(List<Path> files) throws CaException {
    Set<String> pins = new HashSet<>();
    for (Path file : files) {
      try {
        Pem.certificates(Files.readString(file), file.toString())
            .forEach(root -> pins.add(Authority.pin(root)));
      } catch (IOException e) {
        throw new CaException(file + ": cannot be read (" + e + ")", e);
      }
    }
    return trust(pins);
  }

  /**
   * The same by the public keys of roots.
   *
   * @param pins as {@link CertificateAuthority#pins} has them
   */
  public static SSLContext trust(Set<String> pins) {
    try {
      SSLContext tls = SSLContext.getInstance("TLS");
      TrustManager trust = new ControlServerTls(new TlsMaterial(), pins).trust();
      tls.init(null, new TrustManager[] {trust}, null);
      return tls;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no TLS", e);
    }
  }
}
