package io.inmesh.identity;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * An identity in files that something else writes and replaces: cert-manager, Istio's agent,
 * spiffe-helper. They are looked at every few seconds, so that links that are swapped and files
 * that are overwritten are noticed alike; while they do not go together, what was read before
 * stays. State lives on the control loop.
 */
public final class FileIdentity implements IdentitySource {
  /** How often files are looked at. */
  public static final Duration INTERVAL = Duration.ofSeconds(5);

  private static final long MAX_BYTES = 1 << 20;
  private static final System.Logger LOG = System.getLogger(FileIdentity.class.getName());

  /** The names of chain, key and roots; the first whose files are there counts. */
  private record Layout(String chain, String key, String roots) {}

  private static final List<Layout> LAYOUTS =
      List.of(
          new Layout("tls.crt", "tls.key", "ca.crt"), // cert-manager
          new Layout("cert-chain.pem", "key.pem", "root-cert.pem"), // Istio, FILE_MOUNTED_CERTS
          new Layout("certificates.pem", "private_key.pem", "ca_certificates.pem"), // GKE
          new Layout("svid.pem", "svid_key.pem", "svid_bundle.pem")); // spiffe-helper

  /** What the files held. */
  private record Content(String chain, String key, String roots) {
    /** Without the key. */
    @Override
    public String toString() {
      return "Content[" + chain + "]";
    }
  }

  private final Path directory;
  private final TlsMaterial material;
  private final ControlLoop loop;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private Runnable renewed = () -> {};
  private Cancellable timer = Cancellable.NONE;
  private @Nullable Content seen;
  private String complaint = "";
  private boolean closed;

  /**
   * A source that has read nothing yet.
   *
   * @param directory with the three files under names that one of the layouts has
   * @throws IllegalArgumentException if it is no directory
   */
  public FileIdentity(Path directory, TlsMaterial material, ControlLoop loop) {
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException(
          "identity-dir " + directory + " is no directory; expected certificate, key and roots");
    }
    this.directory = directory;
    this.material = material;
    this.loop = loop;
  }

  @Override
  public void start(Runnable whenRenewed) {
    loop.execute(
        () -> {
          renewed = whenRenewed;
          look();
        });
  }

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  private void look() {
    if (closed) {
      return;
    }
    try {
      Content now = read();
      if (!now.equals(seen)) {
        use(now);
        seen = now;
        complaint = "";
        ready.complete(null);
        renewed.run();
      }
      checkExpiry();
    } catch (IOException | CertificateException e) {
      complain(Level.WARNING, String.valueOf(e.getMessage()));
    }
    timer = loop.schedule(INTERVAL.toNanos(), this::look);
  }

  private Content read() throws IOException {
    for (Layout layout : LAYOUTS) {
      Path chain = directory.resolve(layout.chain());
      if (Files.exists(chain)) {
        return new Content(
            text(chain),
            text(directory.resolve(layout.key())),
            text(directory.resolve(layout.roots())));
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

  private void use(Content content) throws CertificateException {
    List<X509Certificate> chain = PemFiles.certificates(content.chain());
    PrivateKey key = PemFiles.key(content.key());
    Svid svid = Svid.of(chain, key);
    PemFiles.checkPair(svid.leaf(), key);
    Set<X509Certificate> roots = new HashSet<>(PemFiles.certificates(content.roots()));
    if (roots.isEmpty()) {
      throw new CertificateException("there are no roots");
    }
    material.update(
        svid, new TrustBundle(Map.of(svid.id().trustDomain(), roots), material.bundle().banned()));
    LOG.log(Level.INFO, "this process is {0}, certified until {1}", svid.id(), svid.expires());
  }

  private void checkExpiry() {
    Svid svid = material.svid();
    if (svid != null && svid.expires().isBefore(Instant.ofEpochMilli(loop.clock().epochMillis()))) {
      complain(Level.ERROR, "the certificate of " + svid.id() + " has expired: peers refuse it");
    }
  }

  private void complain(Level level, String text) {
    if (!text.equals(complaint)) {
      complaint = text;
      LOG.log(level, "identity-dir {0}: {1}", directory, text);
    }
  }

  @Override
  public void close() {
    closed = true;
    timer.cancel();
  }
}
