package io.inmesh.filter;

import io.inmesh.control.LogThrottle;
import io.inmesh.identity.SpiffeId;
import java.lang.System.Logger.Level;

/**
 * Tells operators of decisions about requests, at most once a second. Lines hold neither query nor
 * headers nor claims, which may be secret. Thread-safe.
 */
public final class DecisionLog {
  private final System.Logger log;
  private final Level level;
  private final LogThrottle throttle = new LogThrottle(1_000_000_000L);

  /** One that writes to a logger at a level. */
  public DecisionLog(System.Logger log, Level level) {
    this.log = log;
    this.level = level;
  }

  /**
   * Tells of one.
   *
   * @param what became of the request
   * @param why the policy, or what went wrong
   */
  public void tell(FilterCall call, String what, String why) {
    if (log.isLoggable(level)) {
      long left = throttle.permit(System.nanoTime());
      if (left >= 0) {
        log.log(level, line(call, what, why, left));
      }
    }
  }

  /**
   * Such a line.
   *
   * @param left how many were left out before it
   */
  public static String line(FilterCall call, String what, String why, long left) {
    SpiffeId identity = call.peer() == null ? null : call.peer().identity();
    String path = call.request().path();
    int query = path.indexOf('?');
    return call.request().method()
        + " "
        + printable(query < 0 ? path : path.substring(0, query))
        + " from "
        + (identity == null ? "a peer without identity" : identity)
        + " "
        + what
        + ": "
        + why
        + (left == 0 ? "" : " (" + left + " such messages were left out)");
  }

  private static String printable(String text) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), 256));
    for (int i = 0; i < text.length() && i < 256; i++) {
      char c = text.charAt(i);
      line.append(c < ' ' || c == 127 ? '?' : c);
    }
    return line.toString();
  }
}
