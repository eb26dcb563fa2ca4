package io.inmesh.model;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Sticky sessions: a request that carries a session's token goes to the endpoint that the token
 * names.
 *
 * @param carrier where the token travels
 * @param name of the cookie, or of the header in lower case
 * @param path requests to other paths have no session; empty: all have one; for cookies
 * @param absolute how long a session lives from its beginning; null: as long as it is used
 * @param idle how long a session lives from its last request; null: no matter
 * @param permanent whether the cookie tells how long it lives, so that it survives its keeper
 * @param strict whether a request with a token goes to that endpoint or fails
 */
public record SessionAffinity(
    Carrier carrier,
    String name,
    String path,
    @Nullable Duration absolute,
    @Nullable Duration idle,
    boolean permanent,
    boolean strict) {
  /** Where a token travels. */
  public enum Carrier {
    /** In {@code Cookie} and {@code Set-Cookie}. */
    COOKIE,
    /** In a header of requests and of responses. */
    HEADER
  }
}
