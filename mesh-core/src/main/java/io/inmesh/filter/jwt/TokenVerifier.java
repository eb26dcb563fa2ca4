package io.inmesh.filter.jwt;

import io.inmesh.control.ControlLoop;
import io.inmesh.model.JwtProvider;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Verifies tokens of one issuer that do not come with a request, as those that processes join the
 * mesh with. For the control server. Thread-safe.
 */
public final class TokenVerifier {
  private final Provider provider;

  private TokenVerifier(Provider provider) {
    this.provider = provider;
  }

  /**
   * A verifier.
   *
   * @param settings of which issuer, audiences, times and keys count
   * @param fetcher gets keys that are remote
   * @throws IllegalArgumentException if keys that are given cannot be used
   */
  public static TokenVerifier of(JwtProvider settings, KeyFetcher fetcher, ControlLoop loop) {
    Keys keys =
        settings.keys() instanceof JwtProvider.Keys.Inline inline
            ? Keys.fixed(KeySet.parse(inline.jwks()))
            : RemoteKeys.start((JwtProvider.Keys.Remote) settings.keys(), fetcher, loop);
    return new TokenVerifier(new Provider(settings, keys, loop.clock()));
  }

  /**
   * Checks that a key set can be used.
   *
   * @throws IllegalArgumentException that tells why not, but nothing of the keys
   */
  public static void requireUsable(String jwks) {
    var unused = KeySet.parse(jwks);
  }

  /** Who a token says has issued it; nothing of that is verified. Empty: it is no token. */
  public static String issuer(String token) {
    try {
      return Token.parse(token).text("iss");
    } catch (Token.Malformed e) {
      return "";
    }
  }

  /**
   * What a valid token says, after a look for keys that are not there yet. Fails with an {@link
   * IllegalArgumentException} that tells why, but nothing of the token.
   */
  public CompletionStage<Map<String, Object>> verify(String token) {
    Verdict verdict = provider.check(token, false);
    return verdict instanceof Verdict.Waiting waiting
        ? waiting.keys().thenCompose(ready -> claims(provider.check(token, true)))
        : claims(verdict);
  }

  private static CompletionStage<Map<String, Object>> claims(Verdict verdict) {
    if (verdict instanceof Verdict.Valid valid) {
      return CompletableFuture.completedStage(valid.claims());
    }
    Refusal refusal =
        verdict instanceof Verdict.Refused refused ? refused.refusal() : Refusal.SIGNATURE;
    return CompletableFuture.failedStage(new IllegalArgumentException(refusal.text()));
  }
}
