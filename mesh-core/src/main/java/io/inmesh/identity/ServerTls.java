package io.inmesh.identity;

import io.inmesh.model.ServerTlsPolicy.Mode;
import java.time.Duration;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * How connections to one port are secured at this moment. A server transport asks for it once for
 * each accepted connection:
 *
 * <ul>
 *   <li>{@code STRICT}: TLS with a client certificate, everything else is closed;
 *   <li>{@code PERMISSIVE}: the same if the first byte is that of a TLS record (22), else
 *       plaintext;
 *   <li>{@code DISABLE}: plaintext.
 * </ul>
 *
 * @param mode what is accepted
 * @param generation for TLS; null: there is none (yet), TLS connections are closed
 */
public record ServerTls(Mode mode, @Nullable TlsGeneration generation) {
  /** Plaintext only. */
  public static final ServerTls DISABLED = new ServerTls(Mode.DISABLE, null);

  /** How long requests may go on over what the mode does not admit any more. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  /** What becomes of an open connection without TLS. */
  public Standing plaintextStanding() {
    return mode == Mode.STRICT ? Standing.drain(GRACE) : Standing.KEEP;
  }

  /**
   * What becomes of an open connection with TLS.
   *
   * @param of what it was made with
   */
  public Standing standing(TlsGeneration of, SSLSession session) {
    return mode == Mode.DISABLE || generation == null
        ? Standing.drain(GRACE)
        : generation.judge(of, session);
  }
}
