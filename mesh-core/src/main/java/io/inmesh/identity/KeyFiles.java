package io.inmesh.identity;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the files of a directory hold that something else writes: cert-manager, Istio's agent,
 * spiffe-helper.
 *
 * @param chain in PEM
 * @param key in PEM; a secret
 * @param roots in PEM; null: there is no such file
 */
record KeyFiles(String chain, String key, @Nullable String roots) {
  private static final long MAX_BYTES = 1 << 20;

  /** The names of chain, key and roots; the first whose files are there counts. */
  private record Layout(String chain, String key, String roots) {}

  private static final List<Layout> LAYOUTS =
      List.of(
          new Layout("tls.crt", "tls.key", "ca.crt"), // cert-manager
          new Layout("cert-chain.pem", "key.pem", "root-cert.pem"), // Istio, FILE_MOUNTED_CERTS
          new Layout("certificates.pem", "private_key.pem", "ca_certificates.pem"), // GKE
          new Layout("svid.pem", "svid_key.pem", "svid_bundle.pem")); // spiffe-helper

  /**
   * Reads them.
   *
   * @throws IOException if chain or key are not there or too large
   */
  static KeyFiles in(Path directory) throws IOException {
    for (Layout layout : LAYOUTS) {
      Path chain = directory.resolve(layout.chain());
      if (Files.exists(chain)) {
        Path roots = directory.resolve(layout.roots());
        return new KeyFiles(
            text(chain),
            text(directory.resolve(layout.key())),
            Files.exists(roots) ? text(roots) : null);
      }
    }
    throw new IOException(
        "there is none of " + LAYOUTS.stream().map(Layout::chain).toList() + " yet");
  }

  private static String text(Path file) throws IOException {
    if (Files.size(file) > MAX_BYTES) {
      throw new IOException(file + " has more than " + MAX_BYTES + " bytes");
    }
    return Files.readString(file);
  }

  /** Without the key. */
  @Override
  public String toString() {
    return "KeyFiles[" + chain + "]";
  }
}
