package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import io.inmesh.wire.identity.v1.AttestRequest;
import java.net.InetSocketAddress;
import java.security.PublicKey;

/** Finds out who a caller is from what it proves. Thread-safe; may block for a moment. */
final class Attestation {
  /** Tells who holds a token of somebody else. */
  @FunctionalInterface
  interface TokenReview {
    /** Accepts nobody. */
    TokenReview NONE =
        token -> {
          throw new CaException("tokens of this kind are not accepted by this control server");
        };

    /**
     * The holder's identity.
     *
     * @throws CaException if the token is not accepted
     */
    SpiffeId review(String token) throws CaException;
  }

  private final JoinTokens tokens;
  private final TokenReview kubernetes;
  private final TokenReview oidc;

  Attestation(JoinTokens tokens, TokenReview kubernetes, TokenReview oidc) {
    this.tokens = tokens;
    this.kubernetes = kubernetes;
    this.oidc = oidc;
  }

  SpiffeId identify(AttestRequest request, PublicKey key, InetSocketAddress from)
      throws CaException {
    return switch (request.getProofCase()) {
      case JOIN_TOKEN -> tokens.redeem(request.getJoinToken(), key, from);
      case KUBERNETES_TOKEN -> kubernetes.review(request.getKubernetesToken());
      case OIDC_TOKEN -> oidc.review(request.getOidcToken());
      case PROOF_NOT_SET -> throw new CaException("proof: is missing");
    };
  }
}
