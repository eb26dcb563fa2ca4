package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtRequirement;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which tokens requests must carry. */
final class JwtDecoder {
  static final String JWT =
      "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication";
  static final String JWT_PER_ROUTE =
      "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig";

  private static final int MAX_NESTING = 16;
  private static final int MAX_CACHE = 10_000;
  private static final int DEFAULT_CACHE = 100;
  private static final Duration SKEW = Duration.ofSeconds(60);
  private static final Duration REFRESH = Duration.ofMinutes(10);

  private final Decoding decoding;
  private final MatchDecoder matches;

  JwtDecoder(Decoding decoding) {
    this.decoding = decoding;
    this.matches = new MatchDecoder(decoding);
  }

  JwtAuthentication authentication(Any any, FieldPath path) throws Rejection {
    var message =
        decoding.unpack(
            any,
            io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication.class,
            path);
    Map<String, JwtProvider> providers = new LinkedHashMap<>();
    for (var entry : new TreeMap<>(message.getProvidersMap()).entrySet()) {
      providers.put(
          entry.getKey(), provider(entry.getValue(), path.key("providers", entry.getKey())));
    }
    Map<String, JwtRequirement> requirements = new LinkedHashMap<>();
    for (var entry : new TreeMap<>(message.getRequirementMapMap()).entrySet()) {
      FieldPath at = path.key("requirement_map", entry.getKey());
      decoding.audited(entry.getValue(), at);
      requirements.put(entry.getKey(), requirement(entry.getValue(), providers, at, 0));
    }
    List<JwtAuthentication.Rule> rules = new ArrayList<>();
    for (int i = 0; i < message.getRulesCount(); i++) {
      rules.add(rule(message.getRules(i), providers, requirements, path.field("rules", i)));
    }
    return new JwtAuthentication(
        providers,
        rules,
        requirements,
        message.getBypassCorsPreflight(),
        message.getStripFailureResponse());
  }

  /** Null: nothing is required there. */
  JwtAuthentication.@Nullable PerRoute perRoute(Any any, FieldPath path) throws Rejection {
    PerRouteConfig config = decoding.unpack(any, PerRouteConfig.class, path);
    return switch (config.getRequirementSpecifierCase()) {
      case DISABLED -> {
        if (!config.getDisabled()) {
          throw new Rejection(path.field("disabled"), "must be true");
        }
        yield null;
      }
      case REQUIREMENT_NAME -> new JwtAuthentication.PerRoute(config.getRequirementName());
      case REQUIREMENTSPECIFIER_NOT_SET -> throw new Rejection(path, "names no requirement");
    };
  }

  private JwtAuthentication.Rule rule(
      RequirementRule rule,
      Map<String, JwtProvider> providers,
      Map<String, JwtRequirement> requirements,
      FieldPath path)
      throws Rejection {
    JwtRequirement requires =
        switch (rule.getRequirementTypeCase()) {
          case REQUIRES -> requirement(rule.getRequires(), providers, path.field("requires"), 0);
          case REQUIREMENT_NAME -> {
            JwtRequirement named = requirements.get(rule.getRequirementName());
            if (named == null) {
              throw new Rejection(
                  path.field("requirement_name"),
                  "'" + rule.getRequirementName() + "' is not in requirement_map");
            }
            yield named;
          }
          case REQUIREMENTTYPE_NOT_SET -> new JwtRequirement.None();
        };
    return new JwtAuthentication.Rule(
        matches.route(rule.getMatch(), path.field("match")), requires);
  }

  private JwtRequirement requirement(
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement requirement,
      Map<String, JwtProvider> providers,
      FieldPath path,
      int depth)
      throws Rejection {
    if (depth > MAX_NESTING) {
      throw new Rejection(path, "is nested too deeply");
    }
    return switch (requirement.getRequiresTypeCase()) {
      case PROVIDER_NAME ->
          new JwtRequirement.Provider(
              known(requirement.getProviderName(), providers, path.field("provider_name")),
              List.of());
      case PROVIDER_AND_AUDIENCES -> {
        var both = requirement.getProviderAndAudiences();
        FieldPath at = path.field("provider_and_audiences").field("provider_name");
        yield new JwtRequirement.Provider(
            known(both.getProviderName(), providers, at), both.getAudiencesList());
      }
      case REQUIRES_ANY ->
          new JwtRequirement.AnyOf(
              requirements(
                  requirement.getRequiresAny().getRequirementsList(),
                  providers,
                  path.field("requires_any"),
                  depth + 1));
      case REQUIRES_ALL ->
          new JwtRequirement.All(
              requirements(
                  requirement.getRequiresAll().getRequirementsList(),
                  providers,
                  path.field("requires_all"),
                  depth + 1));
      case ALLOW_MISSING -> new JwtRequirement.AllowMissing();
      case ALLOW_MISSING_OR_FAILED -> new JwtRequirement.AllowMissingOrFailed();
      case REQUIRESTYPE_NOT_SET -> new JwtRequirement.None();
    };
  }

  private List<JwtRequirement> requirements(
      List<io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement> parts,
      Map<String, JwtProvider> providers,
      FieldPath path,
      int depth)
      throws Rejection {
    List<JwtRequirement> decoded = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      decoded.add(requirement(parts.get(i), providers, path.field("requirements", i), depth));
    }
    return decoded;
  }

  private static String known(String name, Map<String, JwtProvider> providers, FieldPath path)
      throws Rejection {
    if (!providers.containsKey(name)) {
      throw new Rejection(path, "'" + name + "' is not in providers");
    }
    return name;
  }

  private JwtProvider provider(
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider provider, FieldPath path)
      throws Rejection {
    decoding.audited(provider, path);
    List<JwtProvider.FromHeader> headers = new ArrayList<>();
    for (int i = 0; i < provider.getFromHeadersCount(); i++) {
      var header = provider.getFromHeaders(i);
      FieldPath at = path.field("from_headers", i);
      headers.add(
          new JwtProvider.FromHeader(
              decoding.headerName(header.getName(), at.field("name")),
              decoding.headerValue(header.getValuePrefix(), at.field("value_prefix"))));
    }
    List<JwtProvider.ClaimHeader> claims = new ArrayList<>();
    for (int i = 0; i < provider.getClaimToHeadersCount(); i++) {
      var claim = provider.getClaimToHeaders(i);
      FieldPath at = path.field("claim_to_headers", i);
      claims.add(
          new JwtProvider.ClaimHeader(
              decoding.headerName(claim.getHeaderName(), at.field("header_name")),
              claim.getClaimName()));
    }
    String payloadHeader = provider.getForwardPayloadHeader();
    return new JwtProvider(
        provider.getIssuer(),
        provider.getAudiencesList(),
        provider.hasSubjects()
            ? matches.string(provider.getSubjects(), path.field("subjects"))
            : null,
        provider.getRequireExpiration(),
        decoding.positive(
            provider.hasMaxLifetime(), provider.getMaxLifetime(), path.field("max_lifetime")),
        provider.getClockSkewSeconds() == 0
            ? SKEW
            : Duration.ofSeconds(
                decoding.number(provider.getClockSkewSeconds(), path.field("clock_skew_seconds"))),
        keys(provider, path),
        headers,
        provider.getFromParamsList(),
        provider.getFromCookiesList(),
        provider.getForward(),
        payloadHeader.isEmpty()
            ? ""
            : decoding.headerName(payloadHeader, path.field("forward_payload_header")),
        provider.getPayloadInMetadata(),
        provider.getNormalizePayloadInMetadata().getSpaceDelimitedClaimsList(),
        claims,
        cacheSize(provider, path.field("jwt_cache_config").field("jwt_cache_size")));
  }

  private int cacheSize(
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider provider, FieldPath path)
      throws Rejection {
    int size = decoding.number(provider.getJwtCacheConfig().getJwtCacheSize(), path);
    return size == 0 ? DEFAULT_CACHE : Math.min(size, MAX_CACHE);
  }

  private JwtProvider.Keys keys(
      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider provider, FieldPath path)
      throws Rejection {
    return switch (provider.getJwksSourceSpecifierCase()) {
      case LOCAL_JWKS -> new JwtProvider.Keys.Inline(text(provider.getLocalJwks(), path));
      case REMOTE_JWKS -> remote(provider.getRemoteJwks(), path.field("remote_jwks"));
      case JWKSSOURCESPECIFIER_NOT_SET -> throw new Rejection(path, "has no keys");
    };
  }

  private static String text(DataSource source, FieldPath path) throws Rejection {
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> source.getInlineString();
      case INLINE_BYTES -> source.getInlineBytes().toStringUtf8();
      default -> throw new Rejection(path.field("local_jwks"), "must be inline");
    };
  }

  private JwtProvider.Keys remote(RemoteJwks remote, FieldPath path) throws Rejection {
    FieldPath at = path.field("http_uri");
    URI uri;
    try {
      uri = new URI(remote.getHttpUri().getUri());
    } catch (URISyntaxException e) {
      throw new Rejection(at.field("uri"), "is no URI");
    }
    boolean http = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
    if (!http || uri.getHost() == null || uri.getUserInfo() != null) {
      throw new Rejection(at.field("uri"), "must be http or https, with a host, without a user");
    }
    Duration timeout =
        decoding.positive(
            remote.getHttpUri().hasTimeout(),
            remote.getHttpUri().getTimeout(),
            at.field("timeout"));
    Duration refresh =
        decoding.positive(
            remote.hasCacheDuration(), remote.getCacheDuration(), path.field("cache_duration"));
    return new JwtProvider.Keys.Remote(
        uri,
        timeout == null ? Duration.ofSeconds(5) : timeout,
        refresh == null ? REFRESH : refresh);
  }
}
