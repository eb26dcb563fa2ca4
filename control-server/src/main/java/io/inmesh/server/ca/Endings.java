package io.inmesh.server.ca;

import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Provenance;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Says in time that what signs is about to end, and how to replace it. */
final class Endings {
  /** For a certificate of a year; of a shorter life it is the last quarter. */
  private static final Duration SIGNER_NOTICE = Duration.ofDays(30);

  /** A root must be replaced while certificates of a year can still be made. */
  private static final Duration ROOT_NOTICE = Duration.ofDays(400);

  private static final String RENEW =
      "run 'inmesh ca renew --root-key FILE', or replace the root, beginning with 'inmesh ca"
          + " prepare'";
  private static final String PREPARE =
      "replace the root, beginning with 'inmesh ca prepare', or the files it is plugged in from";

  private Endings() {}

  static List<Finding> of(Authority active, Instant now) {
    List<Finding> findings = new ArrayList<>();
    X509Certificate signer = active.signer();
    Instant ends = active.expires();
    if (!ends.isAfter(now)) {
      findings.add(
          finding(
              FindingCode.SIGNER_ENDED,
              "the certificate that signs, of authority "
                  + active.id()
                  + ", has ended on "
                  + ends
                  + ": no certificate is issued or renewed",
              signer.equals(active.root()) ? PREPARE : RENEW));
    } else if (near(signer, SIGNER_NOTICE, now)) {
      findings.add(
          finding(
              FindingCode.SIGNER_ENDS,
              "the certificate that signs, of authority " + active.id() + ", ends on " + ends,
              signer.equals(active.root()) ? PREPARE : RENEW));
    }
    if (!signer.equals(active.root()) && near(active.root(), ROOT_NOTICE, now)) {
      findings.add(
          finding(
              FindingCode.ROOT_ENDS,
              "root " + active.id() + " ends on " + active.root().getNotAfter().toInstant(),
              PREPARE));
    }
    return findings;
  }

  private static boolean near(X509Certificate certificate, Duration notice, Instant now) {
    Instant end = certificate.getNotAfter().toInstant();
    Duration quarter = Duration.between(certificate.getNotBefore().toInstant(), end).dividedBy(4);
    Duration before = quarter.compareTo(notice) < 0 ? quarter : notice;
    return !now.isBefore(end.minus(before));
  }

  private static Finding finding(FindingCode code, String message, String hint) {
    return Finding.of(code, Provenance.UNKNOWN, message).withHint(hint);
  }
}
