package io.inmesh.server.ca;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Provenance;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes a plugged-in authority anew when its files change, as when something else renews it. Files
 * that are being written are left alone until they rest; what does not fit together is refused with
 * one finding, and the authority before signs on. Another root is trusted first, and signs when the
 * connected clients know it. {@link #look} is to be called from one thread at a time.
 */
final class PluggedInFiles {
  private static final System.Logger LOG = System.getLogger(PluggedInFiles.class.getName());

  /** Time for clients to come back after a restart of the server, before none seem to be behind. */
  static final Duration SETTLE = Duration.ofMinutes(1);

  private final Path directory;
  private final Optional<String> passphrase;
  private final CertificateAuthority authority;
  private final Acknowledgements clients;
  private final AuditLog audit;
  private final InstantSource clock;
  private String seen = "";
  private String judged = "";
  private String given = "";
  private @Nullable Instant waitingSince;
  private volatile Optional<Finding> refused = Optional.empty();

  PluggedInFiles(
      Path directory,
      Optional<String> passphrase,
      CertificateAuthority authority,
      Acknowledgements clients,
      AuditLog audit,
      InstantSource clock) {
    this.directory = directory;
    this.passphrase = passphrase;
    this.authority = authority;
    this.clients = clients;
    this.audit = audit;
    this.clock = clock;
  }

  /** Why the files are not in force; empty: they are. Thread-safe. */
  Optional<Finding> refused() {
    return refused;
  }

  /** Takes what has changed since the last but one time and not since the last. */
  void look() {
    String now = fingerprint();
    boolean rests = now.equals(seen);
    seen = now;
    try {
      if (rests && !now.equals(judged)) {
        take();
        judged = now;
        refused = Optional.empty();
      }
      activateWhenKnown();
    } catch (CaException e) {
      judged = now;
      refuse(String.valueOf(e.getMessage()));
    }
  }

  private void take() throws CaException {
    Authority read = PluggedIn.read(directory, passphrase, clock.instant());
    given = read.id();
    if (authority.plugIn(read)) {
      LOG.log(Level.INFO, "the plugged-in authority has changed: {0}", read);
      audit.note("ca plugged in", "authority", given, "until", read.expires().toString());
    }
  }

  private void activateWhenKnown() throws CaException {
    if (!authority.isPrepared(given)) {
      waitingSince = null;
      return;
    }
    Instant since = waitingSince == null ? clock.instant() : waitingSince;
    waitingSince = since;
    boolean settled = !clock.instant().isBefore(since.plus(SETTLE));
    if (settled && clients.behind(authority.trust().sequence()).isEmpty()) {
      authority.activate(given);
      audit.note("ca activated", "authority", given);
    }
  }

  private void refuse(String why) {
    Finding finding =
        Finding.of(
                FindingCode.PLUGGED_IN_REFUSED,
                Provenance.UNKNOWN,
                "the changed files of the plugged-in authority are not taken: " + why)
            .withHint("the authority before signs on");
    if (!refused.equals(Optional.of(finding))) {
      refused = Optional.of(finding);
      LOG.log(Level.ERROR, finding::toString);
      audit.note("ca refused", "reason", why);
    }
  }

  private String fingerprint() {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String name : PluggedIn.FILES) {
        Path file = directory.resolve(name);
        if (Files.exists(file)) {
          digest.update(Files.readAllBytes(file));
        }
        digest.update((byte) '|');
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException | GeneralSecurityException e) {
      return e.toString();
    }
  }
}
