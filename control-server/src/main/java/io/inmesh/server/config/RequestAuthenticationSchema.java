package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.filter.jwt.TokenVerifier;
import io.inmesh.model.Cidr;
import io.inmesh.model.IpLiteral;
import io.inmesh.server.config.RequestAuthenticationSpec.ClaimHeader;
import io.inmesh.server.config.RequestAuthenticationSpec.Header;
import io.inmesh.server.config.RequestAuthenticationSpec.JwtRule;
import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Istio {@code RequestAuthentication}. */
final class RequestAuthenticationSchema {

  private static final int MAX_JWKS = 256 << 10;

  /** Where a service of the mesh keeps no keys, and a cloud keeps its credentials. */
  private static final List<Cidr> NEVER =
      List.of(cidr("169.254.0.0", 16), cidr("0.0.0.0", 8), cidr("fe80::", 10));

  static final Format KEYS_URI =
      Format.of(
          "JWKS address",
          "http:// or https:// with a host, without user and fragment",
          RequestAuthenticationSchema::isKeysUri);

  private static final ObjectSchema FROM_HEADER =
      object("JWTHeader")
          .required("name", text(Formats.HEADER_NAME), "in any case")
          .optional("prefix", text(Formats.HEADER_VALUE), "before the token, with its space");

  private static final ObjectSchema CLAIM_TO_HEADER =
      object("ClaimToHeader")
          .required("header", text(Formats.HEADER_NAME), "what callers send in it is removed")
          .required("claim", text().length(1, 256), "dots lead into nested claims");

  private static final ObjectSchema JWT_RULE =
      object("JWTRule")
          .required("issuer", text().length(1, 512), "the `iss` claim")
          .optional(
              "audiences", list(text().length(1, 512), 1, 64), "`aud` holds one; any if left out")
          .optional(
              "jwksUri",
              text(KEYS_URI),
              "where keys are fetched; without it and `jwks`, where the issuer says")
          .optional("jwks", text().length(1, MAX_JWKS), "the keys, as a JSON Web Key Set")
          .optional("fromHeaders", list(FROM_HEADER, 1, 16), "where tokens are")
          .optional("fromParams", list(text().length(1, 256), 1, 16), "where tokens are")
          .optional("fromCookies", list(text().length(1, 256), 1, 16), "where tokens are")
          .optional(
              "outputPayloadToHeader", text(Formats.HEADER_NAME), "gets the claims as base64url")
          .optional(
              "forwardOriginalToken",
              BooleanSchema.BOOLEAN,
              "false",
              "whether the application gets the token")
          .optional("outputClaimToHeaders", list(CLAIM_TO_HEADER, 1, 64), "claims as headers")
          .optional("timeout", text(Formats.DURATION_FORMAT), "5s", "of fetching keys")
          .optional(
              "spaceDelimitedClaims",
              list(text().length(1, 256), 1, 16),
              "lists of words, as `scope` and `permission` are")
          .optional(
              "presence",
              oneOf("OPTIONAL", "REQUIRED"),
              "OPTIONAL",
              "whether a request without a token is refused")
          .rule(RequestAuthenticationSchema::checkKeys);

  private static final ObjectSchema SPEC =
      WorkloadScopes.fields(
          object("RequestAuthenticationSpec")
              .optional("jwtRules", list(JWT_RULE, 4096), "one for each issuer"),
          false);

  static final KindSchema KIND =
      new KindSchema(
          Kind.REQUEST_AUTHENTICATION,
          Formats.DNS_SUBDOMAIN,
          SPEC,
          RequestAuthenticationSchema::read);

  private RequestAuthenticationSchema() {}

  private static Cidr cidr(String network, int prefix) {
    return new Cidr(Objects.requireNonNull(IpLiteral.parse(network)), prefix);
  }

  private static boolean isKeysUri(String text) {
    try {
      URI uri = new URI(text);
      boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
      return http
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawFragment() == null;
    } catch (java.net.URISyntaxException e) {
      return false;
    }
  }

  private static void checkKeys(View rule, Check check) {
    if (rule.has("jwks") && rule.has("jwksUri")) {
      rule.report(
          FindingCode.CONTRADICTION,
          "jwksUri",
          "jwks and jwksUri exclude one another",
          "remove one of them");
    } else if (!rule.has("jwks") && !rule.has("jwksUri")) {
      checkDiscovery(rule);
    }
    if (rule.has("jwksUri")) {
      checkUri(rule, "jwksUri");
    }
    if (rule.has("jwks")) {
      checkInline(rule);
    }
  }

  /** The issuer itself says where its keys are (OpenID Connect Discovery). */
  private static void checkDiscovery(View rule) {
    if (isKeysUri(rule.text("issuer"))) {
      checkUri(rule, "issuer");
    } else {
      rule.report(
          FindingCode.REQUIRED,
          "jwksUri",
          "missing",
          "expected jwksUri or jwks, or an issuer that is an address and says where its keys are");
    }
  }

  private static String keysUri(View rule) {
    if (rule.has("jwks") || rule.has("jwksUri")) {
      return rule.textOrEmpty("jwksUri");
    }
    String issuer = rule.text("issuer");
    return issuer + (issuer.endsWith("/") ? "" : "/") + ".well-known/openid-configuration";
  }

  /** That keys can be fetched from an address, and safely. */
  static void checkUri(View rule, String field) {
    URI uri = URI.create(rule.text(field));
    String host = uri.getHost();
    InetAddress address =
        IpLiteral.parse(host.startsWith("[") ? host.substring(1, host.length() - 1) : host);
    if (address != null && NEVER.stream().anyMatch(range -> range.contains(address.getAddress()))) {
      rule.report(
          FindingCode.JWKS_ADDRESS,
          field,
          Words.quote(host) + " is an address that keys are never fetched from",
          "");
    } else if ("http".equals(uri.getScheme())) {
      rule.report(
          FindingCode.JWKS_PLAINTEXT,
          field,
          "keys are fetched in plaintext: who can change them on the way can forge tokens",
          "use https");
    }
  }

  private static void checkInline(View rule) {
    Map<?, ?> set;
    try {
      set = JsonMapper.shared().readValue(rule.text("jwks"), Map.class);
    } catch (JacksonException e) {
      set = Map.of();
    }
    if (!(set.get("keys") instanceof List<?> keys) || keys.isEmpty()) {
      rule.report(
          FindingCode.BAD_FORMAT, "jwks", "is no JSON Web Key Set", "expected {\"keys\": […]}");
      return;
    }
    for (Object key : keys) {
      if (key instanceof Map<?, ?> map && (map.containsKey("d") || map.containsKey("k"))) {
        rule.report(
            FindingCode.JWKS_SECRET,
            "jwks",
            "holds a private or shared key",
            "keep only the public members, and replace the key: it is no secret any more");
        return;
      }
    }
    try {
      TokenVerifier.requireUsable(rule.text("jwks"));
    } catch (IllegalArgumentException e) {
      rule.report(
          FindingCode.JWKS_UNUSABLE,
          "jwks",
          String.valueOf(e.getMessage()),
          "expected at most 100 public keys, RSA of 2048 to 8192 bits, P-256, P-384, P-521 or"
              + " Ed25519");
    }
  }

  private static Spec read(View spec, String namespace) {
    return new RequestAuthenticationSpec(
        WorkloadScopes.read(spec, namespace),
        spec.objects("jwtRules").stream().map(RequestAuthenticationSchema::rule).toList());
  }

  private static JwtRule rule(View rule) {
    return new JwtRule(
        rule.text("issuer"),
        rule.texts("audiences"),
        rule.textOrEmpty("jwks"),
        keysUri(rule),
        rule.objects("fromHeaders").stream()
            .map(header -> new Header(header.text("name"), header.textOrEmpty("prefix")))
            .toList(),
        rule.texts("fromParams"),
        rule.texts("fromCookies"),
        rule.textOrEmpty("outputPayloadToHeader"),
        rule.flag("forwardOriginalToken"),
        rule.objects("outputClaimToHeaders").stream()
            .map(claim -> new ClaimHeader(claim.text("header"), claim.text("claim")))
            .toList(),
        rule.durationOrNull("timeout"),
        rule.texts("spaceDelimitedClaims"),
        rule.text("presence").equals("REQUIRED"),
        rule.at());
  }
}
