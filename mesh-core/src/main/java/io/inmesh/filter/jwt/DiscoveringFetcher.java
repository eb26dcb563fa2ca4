package io.inmesh.filter.jwt;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Gets an issuer's keys from where its own description says they are. What the issuer names is held
 * to the same rules as a redirect, unless it is on the issuer's own host. Thread-safe.
 *
 * @see <a href="https://openid.net/specs/openid-connect-discovery-1_0.html">OpenID Connect
 *     Discovery 1.0</a>
 */
public final class DiscoveringFetcher implements KeyFetcher {
  private static final String WELL_KNOWN = "/.well-known/openid-configuration";

  private final HttpKeyFetcher http;

  /** One that asks over HTTP. */
  public DiscoveringFetcher(HttpKeyFetcher http) {
    this.http = http;
  }

  /** Gets keys from their address, or from the issuer whose description has the address. */
  public static KeyFetcher whereNeeded(HttpKeyFetcher http) {
    DiscoveringFetcher issuers = new DiscoveringFetcher(http);
    return (uri, timeout) -> {
      String address = uri.toString();
      return address.endsWith(WELL_KNOWN)
          ? issuers.fetch(
              URI.create(address.substring(0, address.length() - WELL_KNOWN.length())), timeout)
          : http.fetch(uri, timeout);
    };
  }

  @Override
  public CompletionStage<Answer> fetch(URI issuer, Duration timeout) {
    URI description = URI.create(bare(issuer.toString()) + WELL_KNOWN);
    return http.fetch(description, timeout)
        .thenApply(answer -> keys(issuer, answer.body()))
        .thenCompose(
            keys -> http.fetch(keys, timeout, !Objects.equals(keys.getHost(), issuer.getHost())));
  }

  private static String bare(String issuer) {
    return issuer.endsWith("/") ? issuer.substring(0, issuer.length() - 1) : issuer;
  }

  private static URI keys(URI issuer, String description) {
    Map<String, Object> json = Json.object(description);
    // Some write the slash at the end, others do not; tokens must have it as it is configured.
    if (!(json.get("issuer") instanceof String named)
        || !bare(named).equals(bare(issuer.toString()))) {
      throw failure("describes itself as another issuer");
    }
    try {
      URI keys = URI.create(String.valueOf(json.get("jwks_uri")));
      if (keys.getHost() == null
          || ("https".equals(issuer.getScheme()) && !"https".equals(keys.getScheme()))) {
        throw failure("names no address of its keys, or one in plaintext");
      }
      return keys;
    } catch (IllegalArgumentException e) {
      throw failure("names no address of its keys");
    }
  }

  private static CompletionException failure(String what) {
    return new CompletionException(new IOException("the issuer " + what));
  }
}
