package io.inmesh.server.compile;

import org.jspecify.annotations.Nullable;

/** What a rule answers itself, without sending the request on. */
sealed interface LocalAnswer {
  /**
   * A redirect; null keeps what the request has.
   *
   * @param port null follows the scheme
   * @param path never {@link PathChange.Found}
   */
  record Redirect(
      @Nullable String scheme,
      @Nullable String host,
      @Nullable Integer port,
      @Nullable PathChange path,
      int status)
      implements LocalAnswer {}

  /** Fixed content. */
  record Direct(int status, String body) implements LocalAnswer {}
}
