package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.AttestationSpec.Kubernetes;
import io.inmesh.server.config.AttestationSpec.Oidc;
import io.inmesh.server.config.AttestationSpec.OidcIdentity;
import io.inmesh.server.config.AttestationSpec.Source;
import org.jspecify.annotations.Nullable;

/** {@code MeshDefaults.spec.attestation}. */
final class AttestationSchema {
  private static final Format CLAIM =
      Format.of(
          "claim",
          "a name, or a JSON pointer such as /kubernetes.io/namespace",
          claim -> !claim.isEmpty() && claim.length() <= 256);

  private static final ObjectSchema KUBERNETES =
      object("KubernetesAttestation")
          .optional("audience", text().length(1, 512), "inmesh", "that tokens must be for")
          .optional(
              "namespaces",
              list(text(Formats.DNS_LABEL), 4096),
              "whose service accounts may join; all if left out");

  private static final ObjectSchema IDENTITY =
      object("OidcIdentity")
          .optional(
              "claims",
              MapSchema.map(CLAIM, text().length(1, 512), 32),
              "that the token must have, with these values")
          .optional("namespace", text(Formats.DNS_LABEL), "of the identity")
          .optional("namespaceClaim", text(CLAIM), "says the namespace")
          .optional("serviceAccount", text(Formats.DNS_SUBDOMAIN), "of the identity")
          .optional("serviceAccountClaim", text(CLAIM), "says the service account")
          .rule(
              (identity, check) -> {
                eitherOr(identity, "namespace", "namespaceClaim");
                eitherOr(identity, "serviceAccount", "serviceAccountClaim");
                if (!identity.has("claims") && !identity.has("serviceAccountClaim")) {
                  identity.report(
                      FindingCode.REQUIRED,
                      "claims",
                      "missing: every token of the issuer would be this identity",
                      "say which tokens are meant");
                }
              });

  private static final ObjectSchema OIDC =
      object("OidcAttestation")
          .required("issuer", text(RequestAuthenticationSchema.KEYS_URI), "the `iss` claim")
          .required("audiences", list(text().length(1, 512), 1, 64), "`aud` holds one")
          .optional(
              "jwksUri",
              text(RequestAuthenticationSchema.KEYS_URI),
              "where its keys are; discovered if left out")
          .required(
              "identities", list(IDENTITY, 1, 4096), "who a holder is: the first whose claims fit")
          .rule(
              (issuer, check) ->
                  RequestAuthenticationSchema.checkUri(
                      issuer, issuer.has("jwksUri") ? "jwksUri" : "issuer"));

  static final ObjectSchema ATTESTATION =
      object("Attestation")
          .optional("kubernetes", KUBERNETES, "service account tokens of the cluster")
          .optional("oidc", list(OIDC, 64), "tokens of OpenID Connect issuers");

  private AttestationSchema() {}

  private static void eitherOr(View identity, String field, String claim) {
    if (identity.has(field) == identity.has(claim)) {
      identity.report(
          identity.has(field) ? FindingCode.CONTRADICTION : FindingCode.REQUIRED,
          field,
          identity.has(field) ? field + " and " + claim + " exclude one another" : "missing",
          "expected " + field + " or " + claim);
    }
  }

  static AttestationSpec read(@Nullable View attestation) {
    if (attestation == null) {
      return AttestationSpec.NONE;
    }
    View kubernetes = attestation.objectOrNull("kubernetes");
    return new AttestationSpec(
        kubernetes == null
            ? null
            : new Kubernetes(kubernetes.text("audience"), kubernetes.texts("namespaces")),
        attestation.objects("oidc").stream().map(AttestationSchema::oidc).toList());
  }

  private static Oidc oidc(View view) {
    return new Oidc(
        view.text("issuer"),
        view.texts("audiences"),
        view.textOrEmpty("jwksUri"),
        view.objects("identities").stream()
            .map(
                identity ->
                    new OidcIdentity(
                        identity.map("claims"),
                        source(identity, "namespace"),
                        source(identity, "serviceAccount")))
            .toList());
  }

  private static Source source(View identity, String field) {
    String fixed = identity.textOrNull(field);
    return fixed != null
        ? new Source.Fixed(fixed)
        : new Source.Claim(identity.textOrEmpty(field + "Claim"));
  }
}
