package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.CaException.Kind;
import io.inmesh.wire.identity.v1.AttestRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;

/**
 * Finds out who holds a token of somebody else, which may have to be asked. So many are asked about
 * at once, and no more. Thread-safe.
 */
final class Attestation {
  private static final int AT_ONCE = 256;
  private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

  /** Tells who holds a token of one kind; the stage fails with a {@link CaException}. */
  @FunctionalInterface
  interface TokenReview {
    CompletionStage<SpiffeId> review(String token);
  }

  private final TokenReview kubernetes;
  private final TokenReview oidc;
  private final Semaphore room = new Semaphore(AT_ONCE);

  Attestation(TokenReview kubernetes, TokenReview oidc) {
    this.kubernetes = kubernetes;
    this.oidc = oidc;
  }

  CompletionStage<SpiffeId> identify(AttestRequest request) {
    if (!room.tryAcquire()) {
      return refused(
          CaException.exhausted("too many tokens are being reviewed; try again", RETRY_AFTER));
    }
    CompletionStage<SpiffeId> reviewed;
    try {
      reviewed = review(request);
    } catch (RuntimeException e) {
      reviewed = CompletableFuture.failedStage(e); // or its place would stay taken
    }
    return reviewed
        .whenComplete((identity, failure) -> room.release())
        .thenCompose(
            identity ->
                SpiffeId.SYSTEM_NAMESPACE.equals(identity.namespace())
                    ? refused(new CaException(Kind.FORBIDDEN, identity + ": is the mesh's own"))
                    : CompletableFuture.completedStage(identity));
  }

  private CompletionStage<SpiffeId> review(AttestRequest request) {
    return switch (request.getProofCase()) {
      case KUBERNETES_TOKEN -> kubernetes.review(request.getKubernetesToken());
      case OIDC_TOKEN -> oidc.review(request.getOidcToken());
      default -> refused(new CaException(Kind.MALFORMED, "proof: is missing"));
    };
  }

  static CompletionStage<SpiffeId> refused(CaException why) {
    return CompletableFuture.failedStage(why);
  }

  /** Refused, with what only the audit log is to say. */
  static CompletionStage<SpiffeId> refused(String message, String detail) {
    return refused(new CaException(message, new CaException(detail)));
  }
}
