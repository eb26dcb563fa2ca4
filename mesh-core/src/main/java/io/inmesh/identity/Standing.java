package io.inmesh.identity;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * What becomes of an open connection, as material, trust and mode are now. Whatever it is, the
 * connection is broken off when its time is up: no peer outlives its certificate.
 *
 * @param open whether it takes further requests; if not, the peer is told so (GOAWAY, or {@code
 *     Connection: close} with the next response) and the connection ends with the last request
 * @param leftNanos how long the connection and its requests may go on; 0: they are broken off at
 *     once; {@link Long#MAX_VALUE}: no limit
 */
public record Standing(boolean open, long leftNanos) {
  /** Goes on as it is. */
  public static final Standing KEEP = new Standing(true, Long.MAX_VALUE);

  /** Ends at once: the peer is not trusted any more. */
  public static final Standing CLOSE = new Standing(false, 0);

  /** Goes on until one of the certificates ends that were shown in its handshake. */
  public static Standing of(SSLSession session) {
    Standing standing = KEEP;
    for (Certificate shown : shown(session)) {
      Instant end = ((X509Certificate) shown).getNotAfter().toInstant();
      standing = standing.within(Duration.between(Instant.now(), end));
    }
    return standing;
  }

  /** The leaves of both sides, as far as they have shown one. */
  private static List<Certificate> shown(SSLSession session) {
    List<Certificate> shown = new ArrayList<>(2);
    Certificate[] own = session.getLocalCertificates();
    if (own != null && own.length > 0) {
      shown.add(own[0]);
    }
    try {
      shown.add(session.getPeerCertificates()[0]);
    } catch (SSLPeerUnverifiedException nobody) {
      // It is for the other side to decide whether that is enough.
    }
    return shown;
  }

  /** Ends with its last request, and no later than this. */
  static Standing drain(Duration limit) {
    return new Standing(false, Long.MAX_VALUE).within(limit);
  }

  /** The same, and no longer than this. */
  Standing within(Duration limit) {
    return limit.isNegative() || limit.isZero()
        ? CLOSE
        : new Standing(open, Math.min(leftNanos, TimeUnit.NANOSECONDS.convert(limit)));
  }
}
