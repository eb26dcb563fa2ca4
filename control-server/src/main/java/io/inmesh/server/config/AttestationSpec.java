package io.inmesh.server.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens of others let processes join, besides join tokens.
 *
 * @param kubernetes service account tokens of the cluster; null: not accepted
 * @param oidc tokens of these issuers
 */
public record AttestationSpec(@Nullable Kubernetes kubernetes, List<Oidc> oidc) {
  /** None at all. */
  public static final AttestationSpec NONE = new AttestationSpec(null, List.of());

  public AttestationSpec {
    oidc = List.copyOf(oidc);
  }

  /**
   * Service account tokens, which the API server of the cluster judges. The identity is that of the
   * service account.
   *
   * @param audience that tokens must be for
   * @param namespaces whose service accounts may join; empty: all
   */
  public record Kubernetes(String audience, List<String> namespaces) {
    public Kubernetes {
      namespaces = List.copyOf(namespaces);
    }
  }

  /**
   * An OpenID Connect issuer.
   *
   * @param issuer the {@code iss} claim, a URL
   * @param audiences of which {@code aud} must hold one
   * @param jwksUri where its keys are; empty: where its own description says
   * @param identities who the holder of a token is: the first whose claims are the token's
   */
  public record Oidc(
      String issuer, List<String> audiences, String jwksUri, List<OidcIdentity> identities) {
    public Oidc {
      audiences = List.copyOf(audiences);
      identities = List.copyOf(identities);
    }
  }

  /**
   * From claims to an identity. Names of claims are those of the top level, or JSON pointers.
   *
   * @param claims that the token must have, with these values
   * @param namespace of the identity
   * @param serviceAccount of the identity
   */
  public record OidcIdentity(Map<String, String> claims, Source namespace, Source serviceAccount) {
    public OidcIdentity {
      claims = Map.copyOf(claims);
    }
  }

  /** Where a part of an identity comes from. */
  public sealed interface Source {
    /** It is the same for all. */
    record Fixed(String value) implements Source {}

    /** A claim says it. */
    record Claim(String name) implements Source {}
  }
}
