package io.inmesh.server.config;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API's experimental {@code SessionPersistence} (GEP-1619).
 *
 * @param type where the session's token travels
 * @param sessionName the name of the cookie or header; null if not given
 * @param permanentCookie whether the cookie outlives the browser's session
 * @param absoluteTimeout life of a session; null for none
 * @param idleTimeout life of an unused session; null for none
 * @param provenance where it is written
 */
public record SessionPersistence(
    Type type,
    @Nullable String sessionName,
    boolean permanentCookie,
    @Nullable Duration absoluteTimeout,
    @Nullable Duration idleTimeout,
    Provenance provenance) {

  /** Where a session's token travels. */
  public enum Type {
    /** In a cookie. */
    COOKIE,
    /** In a header. */
    HEADER
  }
}
