package io.inmesh.identity;

import io.inmesh.control.ControlLoop;
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
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * An identity in files that something else writes and replaces: cert-manager, Istio's agent,
 * spiffe-helper. While they do not go together, what was read before stays. State lives on the
 * control loop.
 */
public final class FileIdentity implements IdentitySource {
  /** How often files are looked at. */
  public static final Duration INTERVAL = FilePoll.INTERVAL;

  private static final System.Logger LOG = System.getLogger(FileIdentity.class.getName());

  private final Path directory;
  private final TlsMaterial material;
  private final ControlLoop loop;
  private final FilePoll<KeyFiles> poll;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private Runnable renewed = () -> {};
  private @Nullable KeyFiles seen;
  private String complaint = "";

  /**
   * A source that has read nothing yet.
   *
   * @param directory with the three files under names that one of the layouts has
   * @throws IllegalArgumentException if it is no directory
   */
  public FileIdentity(Path directory, TlsMaterial material, ControlLoop loop, Executor blocking) {
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException(
          "identity-dir " + directory + " is no directory; expected certificate, key and roots");
    }
    this.directory = directory;
    this.material = material;
    this.loop = loop;
    this.poll =
        new FilePoll<>(
            loop,
            blocking,
            () -> KeyFiles.in(directory),
            this::found,
            e -> complain(Level.WARNING, String.valueOf(e.getMessage())));
  }

  @Override
  public void start(Runnable whenRenewed) {
    loop.execute(
        () -> {
          renewed = whenRenewed;
          poll.look();
        });
  }

  @Override
  public CompletionStage<Void> ready() {
    return ready;
  }

  private void found(KeyFiles now) {
    try {
      if (!now.equals(seen)) {
        use(now);
        seen = now;
        complaint = "";
        ready.complete(null);
        renewed.run();
      }
      checkExpiry();
    } catch (CertificateException e) {
      complain(Level.WARNING, String.valueOf(e.getMessage()));
    }
  }

  private void use(KeyFiles content) throws CertificateException {
    List<X509Certificate> chain = PemFiles.certificates(content.chain());
    PrivateKey key = PemFiles.key(content.key());
    Svid svid = Svid.of(chain, key);
    PemFiles.checkPair(svid.leaf(), key);
    Set<X509Certificate> roots =
        content.roots() == null ? Set.of() : new HashSet<>(PemFiles.certificates(content.roots()));
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
    poll.close();
  }
}
