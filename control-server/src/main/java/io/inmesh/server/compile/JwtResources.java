package io.inmesh.server.compile;

import com.google.protobuf.Empty;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.HttpUri;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtHeader;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtProvider;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.RequirementRule;
import io.inmesh.server.config.RequestAuthenticationSpec.JwtRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Accepted tokens as a standard filter: none, or a valid one of some issuer. */
final class JwtResources {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final List<String> WORDS = List.of("scope", "permission");
  private static final JwtRequirement MISSING =
      JwtRequirement.newBuilder().setAllowMissing(Empty.getDefaultInstance()).build();

  private JwtResources() {}

  static JwtAuthentication of(List<JwtRule> rules) {
    JwtAuthentication.Builder filter = JwtAuthentication.newBuilder().setBypassCorsPreflight(true);
    List<JwtRequirement> some = new ArrayList<>();
    for (int i = 0; i < rules.size(); i++) {
      String name = "origins-" + i;
      filter.putProviders(name, provider(rules.get(i)));
      some.add(JwtRequirement.newBuilder().setProviderName(name).build());
    }
    return filter
        .addRules(
            RequirementRule.newBuilder()
                .setMatch(RouteMatch.newBuilder().setPrefix("/"))
                .setRequires(requirement(rules.stream().anyMatch(JwtRule::required), some)))
        .build();
  }

  /** A valid token of any one issuer is enough; none at all is fine unless one is required. */
  private static JwtRequirement requirement(boolean required, List<JwtRequirement> some) {
    if (required) {
      return some.size() == 1 ? some.get(0) : any(some);
    }
    List<JwtRequirement> each = some.stream().map(own -> any(List.of(own, MISSING))).toList();
    if (some.size() == 1) {
      return each.get(0);
    }
    List<JwtRequirement> alternatives = new ArrayList<>(some);
    alternatives.add(
        JwtRequirement.newBuilder()
            .setRequiresAll(JwtRequirementAndList.newBuilder().addAllRequirements(each))
            .build());
    return any(alternatives);
  }

  private static JwtRequirement any(List<JwtRequirement> parts) {
    return JwtRequirement.newBuilder()
        .setRequiresAny(JwtRequirementOrList.newBuilder().addAllRequirements(parts))
        .build();
  }

  private static JwtProvider provider(JwtRule rule) {
    JwtProvider.Builder provider =
        JwtProvider.newBuilder()
            .setIssuer(rule.issuer())
            .addAllAudiences(rule.audiences())
            .addAllFromParams(rule.fromParams())
            .addAllFromCookies(rule.fromCookies())
            .setForward(rule.forwardOriginalToken())
            .setForwardPayloadHeader(rule.outputPayloadToHeader())
            .setPayloadInMetadata(Claims.PAYLOAD);
    JwtProvider.NormalizePayload.Builder lists = JwtProvider.NormalizePayload.newBuilder();
    WORDS.forEach(lists::addSpaceDelimitedClaims);
    rule.spaceDelimitedClaims().stream()
        .filter(claim -> !WORDS.contains(claim))
        .forEach(lists::addSpaceDelimitedClaims);
    provider.setNormalizePayloadInMetadata(lists);
    rule.fromHeaders()
        .forEach(
            header ->
                provider.addFromHeaders(
                    JwtHeader.newBuilder().setName(header.name()).setValuePrefix(header.prefix())));
    rule.outputClaimToHeaders()
        .forEach(
            claim ->
                provider.addClaimToHeaders(
                    JwtClaimToHeader.newBuilder()
                        .setHeaderName(claim.header())
                        .setClaimName(claim.claim())));
    if (!rule.jwks().isEmpty()) {
      return provider.setLocalJwks(DataSource.newBuilder().setInlineString(rule.jwks())).build();
    }
    Duration timeout = rule.timeout() == null ? TIMEOUT : rule.timeout();
    return provider
        .setRemoteJwks(
            RemoteJwks.newBuilder()
                .setHttpUri(
                    HttpUri.newBuilder()
                        .setUri(rule.jwksUri())
                        .setCluster("jwks")
                        .setTimeout(Protos.duration(timeout)))
                .setCacheDuration(Protos.duration(Duration.ofMinutes(20))))
        .build();
  }
}
