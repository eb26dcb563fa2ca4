package io.inmesh.filter.authz;

import io.inmesh.control.LogThrottle;
import io.inmesh.filter.FilterCall;
import io.inmesh.identity.SpiffeId;
import java.lang.System.Logger.Level;

/**
 * Tells operators of decisions about requests, at most once a second. Lines hold neither query nor
 * headers nor claims, which may be secret. Thread-safe.
 */
final class DecisionLog {
  private static final System.Logger LOG = System.getLogger(AccessFilter.class.getName());

  private final Level level;
  private final LogThrottle throttle = new LogThrottle(1_000_000_000L);

  DecisionLog(Level level) {
    this.level = level;
  }

  /**
   * Tells of one.
   *
   * @param what became of the request
   * @param why the policy, or what went wrong
   */
  void tell(FilterCall call, String what, String why) {
    if (LOG.isLoggable(level)) {
      long left = throttle.permit(System.nanoTime());
      if (left >= 0) {
        LOG.log(level, line(call, what, why, left));
      }
    }
  }

  static String line(FilterCall call, String what, String why, long left) {
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
