package io.inmesh.server.ca;

import io.inmesh.control.ControlLoop;
import io.inmesh.filter.jwt.DiscoveringFetcher;
import io.inmesh.filter.jwt.HttpKeyFetcher;
import io.inmesh.filter.jwt.TokenVerifier;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.JwtProvider;
import io.inmesh.server.config.AttestationSpec;
import io.inmesh.server.config.AttestationSpec.Oidc;
import io.inmesh.server.config.AttestationSpec.OidcIdentity;
import io.inmesh.server.config.AttestationSpec.Source;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Verifies tokens of OpenID Connect issuers that the operator has named. Thread-safe. */
final class OidcTokens implements Attestation.TokenReview {
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration REFRESH = Duration.ofMinutes(20);
  private static final String REFUSED = "the OpenID Connect token is not accepted";

  private record Issuer(Oidc spec, TokenVerifier verifier) {}

  private final Supplier<AttestationSpec> spec;
  private final String trustDomain;
  private final HttpKeyFetcher http;
  private final ControlLoop loop;
  private volatile List<Issuer> known = List.of();

  OidcTokens(
      Supplier<AttestationSpec> spec, String trustDomain, HttpKeyFetcher http, ControlLoop loop) {
    this.spec = spec;
    this.trustDomain = trustDomain;
    this.http = http;
    this.loop = loop;
  }

  @Override
  public CompletionStage<SpiffeId> review(String token) {
    String name = TokenVerifier.issuer(token);
    for (Issuer issuer : issuers()) {
      if (issuer.spec().issuer().equals(name)) {
        return issuer
            .verifier()
            .verify(token)
            .handle(
                (claims, failure) ->
                    claims == null
                        ? Attestation.refused(REFUSED, "OIDC " + name + ": " + reason(failure))
                        : identity(issuer.spec(), claims))
            .thenCompose(judged -> judged);
      }
    }
    return Attestation.refused(REFUSED, "OIDC: its issuer is not one that MeshDefaults names");
  }

  private static String reason(@Nullable Throwable failure) {
    Throwable cause = failure == null || failure.getCause() == null ? failure : failure.getCause();
    return cause == null ? "unknown" : String.valueOf(cause.getMessage());
  }

  /**
   * Keys that were fetched outlive a change of the configuration that leaves their issuer alone.
   */
  private List<Issuer> issuers() {
    List<Oidc> wanted = spec.get().oidc();
    List<Issuer> present = known;
    if (present.stream().map(Issuer::spec).toList().equals(wanted)) {
      return present;
    }
    List<Issuer> next = new ArrayList<>();
    for (Oidc issuer : wanted) {
      next.add(
          present.stream()
              .filter(before -> before.spec().equals(issuer))
              .findFirst()
              .orElseGet(() -> new Issuer(issuer, verifier(issuer))));
    }
    known = List.copyOf(next);
    return next;
  }

  private TokenVerifier verifier(Oidc issuer) {
    boolean discovered = issuer.jwksUri().isEmpty();
    JwtProvider settings =
        new JwtProvider(
            issuer.issuer(),
            issuer.audiences(),
            null,
            true,
            null,
            CLOCK_SKEW,
            new JwtProvider.Keys.Remote(
                URI.create(discovered ? issuer.issuer() : issuer.jwksUri()), TIMEOUT, REFRESH),
            List.of(),
            List.of(),
            List.of(),
            false,
            "",
            "",
            List.of(),
            List.of(),
            0);
    return TokenVerifier.of(settings, discovered ? new DiscoveringFetcher(http) : http, loop);
  }

  private CompletionStage<SpiffeId> identity(Oidc issuer, Map<String, Object> claims) {
    for (OidcIdentity identity : issuer.identities()) {
      boolean fits =
          identity.claims().entrySet().stream()
              .allMatch(
                  wanted ->
                      Claims.text(claims, wanted.getKey()).equals(Optional.of(wanted.getValue())));
      Optional<String> namespace = part(identity.namespace(), claims);
      Optional<String> account = part(identity.serviceAccount(), claims);
      if (fits && namespace.isPresent() && account.isPresent()) {
        try {
          return CompletableFuture.completedStage(
              SpiffeId.of(trustDomain, namespace.get(), account.get()));
        } catch (IllegalArgumentException e) {
          return Attestation.refused(REFUSED, "OIDC " + issuer.issuer() + ": " + e.getMessage());
        }
      }
    }
    return Attestation.refused(
        REFUSED, "OIDC " + issuer.issuer() + ": no identity is for a token with these claims");
  }

  private static Optional<String> part(Source source, Map<String, Object> claims) {
    return source instanceof Source.Fixed fixed
        ? Optional.of(fixed.value())
        : Claims.text(claims, ((Source.Claim) source).name());
  }
}
