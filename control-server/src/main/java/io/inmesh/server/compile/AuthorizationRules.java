package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.envoyproxy.envoy.config.rbac.v3.Permission;
import io.envoyproxy.envoy.config.rbac.v3.Policy;
import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.config.route.v3.HeaderMatcher;
import io.envoyproxy.envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.PathMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.inmesh.server.config.AuthorizationPolicySpec.Clause;
import io.inmesh.server.config.AuthorizationPolicySpec.Rule;
import java.util.List;
import java.util.stream.Stream;

/**
 * A rule as standard RBAC, in the form that Istio gives it: sources and conditions on who calls
 * become principals, operations and conditions on what is called become permissions.
 */
final class AuthorizationRules {
  private static final Permission ANY_PERMISSION = Permission.newBuilder().setAny(true).build();
  private static final Principal ANY_PRINCIPAL = Principal.newBuilder().setAny(true).build();

  /** Matches no request. */
  static final Policy NEVER =
      Policy.newBuilder()
          .addPermissions(Permission.newBuilder().setNotRule(ANY_PERMISSION))
          .addPrincipals(Principal.newBuilder().setNotId(ANY_PRINCIPAL))
          .build();

  /** Matches every request. */
  static final Policy ALL =
      Policy.newBuilder().addPermissions(ANY_PERMISSION).addPrincipals(ANY_PRINCIPAL).build();

  private final String namespace;
  private final List<String> trustDomains;
  private final CapabilityClass clients;

  /**
   * Rules of a policy in that namespace, for those clients.
   *
   * @param trustDomains names of the own one: principals of any of them mean all
   */
  AuthorizationRules(String namespace, List<String> trustDomains, CapabilityClass clients) {
    this.namespace = namespace;
    this.trustDomains = trustDomains;
    this.clients = clients;
  }

  /** Whether a rule depends on a token. */
  static boolean asksForToken(Rule rule) {
    return clauses(rule).anyMatch(clause -> clause.key().startsWith("request.auth."));
  }

  /** Whether stock gRPC can tell what a rule asks. */
  static boolean knownToGrpc(Rule rule) {
    return clauses(rule)
        .allMatch(
            clause ->
                !clause.key().startsWith("request.auth.")
                    && !clause.key().startsWith("experimental.")
                    && !clause.key().startsWith("request.headers[grpc-")
                    && !clause.key().equals("request.headers[:scheme]"));
  }

  private static Stream<Clause> clauses(Rule rule) {
    return Stream.concat(
        rule.when().stream(),
        Stream.concat(rule.from().stream(), rule.to().stream()).flatMap(List::stream));
  }

  Policy policy(Rule rule) {
    Policy.Builder policy = Policy.newBuilder();
    for (List<Clause> operation : orNothing(rule.to())) {
      Permission.Set.Builder all = Permission.Set.newBuilder();
      operation.forEach(clause -> permission(clause, all));
      rule.when().stream()
          .filter(AuthorizationRules::isPermission)
          .forEach(clause -> permission(clause, all));
      policy.addPermissions(
          all.getRulesCount() == 0
              ? ANY_PERMISSION
              : Permission.newBuilder().setAndRules(all).build());
    }
    for (List<Clause> source : orNothing(rule.from())) {
      Principal.Set.Builder all = Principal.Set.newBuilder();
      source.forEach(clause -> principal(clause, all));
      rule.when().stream()
          .filter(clause -> !isPermission(clause))
          .forEach(clause -> principal(clause, all));
      policy.addPrincipals(
          all.getIdsCount() == 0 ? ANY_PRINCIPAL : Principal.newBuilder().setAndIds(all).build());
    }
    return policy.build();
  }

  private static List<List<Clause>> orNothing(List<List<Clause>> alternatives) {
    return alternatives.isEmpty() ? List.of(List.of()) : alternatives;
  }

  private static boolean isPermission(Clause clause) {
    return switch (clause.key()) {
      case Clause.HOST,
          Clause.METHOD,
          Clause.PATH,
          "destination.ip",
          "destination.port",
          "connection.sni" ->
          true;
      default -> clause.key().startsWith("experimental.");
    };
  }

  private void permission(Clause clause, Permission.Set.Builder all) {
    if (!clause.values().isEmpty()) {
      all.addRules(anyPermission(clause.key(), clause.values()));
    }
    if (!clause.notValues().isEmpty()) {
      all.addRules(
          Permission.newBuilder().setNotRule(anyPermission(clause.key(), clause.notValues())));
    }
  }

  private Permission anyPermission(String key, List<String> values) {
    Permission.Set.Builder any = Permission.Set.newBuilder();
    for (String value : values) {
      permissions(key, value).forEach(any::addRules);
    }
    return Permission.newBuilder().setOrRules(any).build();
  }

  @SuppressWarnings("deprecation") // what clients of any age read
  private List<Permission> permissions(String key, String value) {
    return switch (key) {
      case Clause.HOST -> hosts(value);
      case Clause.METHOD ->
          List.of(Permission.newBuilder().setHeader(Strings.header(":method", value)).build());
      case Clause.PATH -> List.of(path(value));
      case "destination.ip" ->
          cidrs(value).stream()
              .map(range -> Permission.newBuilder().setDestinationIp(range).build())
              .toList();
      case "destination.port" ->
          List.of(Permission.newBuilder().setDestinationPort(Integer.parseInt(value)).build());
      case "connection.sni" ->
          List.of(Permission.newBuilder().setRequestedServerName(Strings.matcher(value)).build());
      default -> List.of(Permission.newBuilder().setMetadata(filterMetadata(key, value)).build());
    };
  }

  /** Whatever the port, unless the value has one. */
  private static List<Permission> hosts(String value) {
    if (value.equals("*")) {
      return List.of(
          Permission.newBuilder()
              .setHeader(HeaderMatcher.newBuilder().setName(":authority").setPresentMatch(true))
              .build());
    }
    String pattern =
        value.startsWith("*")
            ? ".*" + Strings.quoted(value.substring(1))
            : value.endsWith("*")
                ? Strings.quoted(value.substring(0, value.length() - 1)) + ".*"
                : Strings.quoted(value);
    String port = value.matches(".*:[0-9]+") || value.endsWith("*") ? "" : "(:[0-9]+)?";
    return List.of(
        Permission.newBuilder()
            .setHeader(
                HeaderMatcher.newBuilder()
                    .setName(":authority")
                    .setStringMatch(Strings.regex("(?i)" + pattern + port)))
            .build());
  }

  private Permission path(String value) {
    if (value.indexOf('{') < 0) {
      return Permission.newBuilder()
          .setUrlPath(PathMatcher.newBuilder().setPath(Strings.matcher(value)))
          .build();
    }
    if (clients != CapabilityClass.GRPC) {
      String template = value.replace("{**}", "**").replace("{*}", "*");
      return Permission.newBuilder()
          .setUriTemplate(
              Protos.extension(
                  "envoy.path.match.uri_template.uri_template_matcher",
                  UriTemplateMatchConfig.newBuilder().setPathTemplate(template).build()))
          .build();
    }
    StringBuilder regex = new StringBuilder();
    for (String segment : value.substring(1).split("/", -1)) {
      regex.append('/');
      regex.append(
          segment.equals("{**}")
              ? ".*"
              : segment.equals("{*}") ? "[^/]+" : Strings.quoted(segment));
    }
    return Permission.newBuilder()
        .setUrlPath(PathMatcher.newBuilder().setPath(Strings.regex(regex.toString())))
        .build();
  }

  private static MetadataMatcher filterMetadata(String key, String value) {
    String filter = key.substring("experimental.".length(), key.indexOf('['));
    String path = key.substring(key.indexOf('[') + 1, key.length() - 1);
    boolean list = value.startsWith("[") && value.endsWith("]");
    return Claims.metadata(
        filter,
        List.of(path),
        list
            ? Claims.item(Strings.matcher(value.substring(1, value.length() - 1)))
            : Claims.text(Strings.matcher(value)));
  }

  private void principal(Clause clause, Principal.Set.Builder all) {
    if (!clause.values().isEmpty()) {
      all.addIds(anyPrincipal(clause.key(), clause.values()));
    }
    if (!clause.notValues().isEmpty()) {
      all.addIds(Principal.newBuilder().setNotId(anyPrincipal(clause.key(), clause.notValues())));
    }
  }

  private Principal anyPrincipal(String key, List<String> values) {
    Principal.Set.Builder any = Principal.Set.newBuilder();
    for (String value : values) {
      principals(key, value).forEach(any::addIds);
    }
    return Principal.newBuilder().setOrIds(any).build();
  }

  private List<Principal> principals(String key, String value) {
    return switch (key) {
      case "source.ip" ->
          cidrs(value).stream()
              .map(range -> Principal.newBuilder().setDirectRemoteIp(range).build())
              .toList();
      case "remote.ip" ->
          cidrs(value).stream()
              .map(range -> Principal.newBuilder().setRemoteIp(range).build())
              .toList();
      case "source.principal" ->
          aliases(value).map(alias -> identity(Strings.identity(alias))).toList();
      default -> List.of(principal(key, value));
    };
  }

  /** The same identity under every name of the own trust domain. */
  private Stream<String> aliases(String principal) {
    int slash = principal.indexOf('/');
    return slash > 0 && trustDomains.contains(principal.substring(0, slash))
        ? trustDomains.stream().map(domain -> domain + principal.substring(slash))
        : Stream.of(principal);
  }

  private Principal principal(String key, String value) {
    return switch (key) {
      case "source.namespace" ->
          identity(Strings.regex(".*/ns/" + Strings.wildcards(value) + "/.*"));
      case "source.serviceAccount" -> identity(account(value));
      case "source.trustDomain" ->
          identity(Strings.regex("spiffe://" + Strings.wildcards(value) + "/.*"));
      case "request.auth.principal" -> Claims.principal(value);
      case "request.auth.audiences" -> Claims.claim(List.of("aud"), value);
      case "request.auth.presenter" -> Claims.claim(List.of("azp"), value);
      default ->
          key.startsWith("request.headers[")
              ? Principal.newBuilder()
                  .setHeader(
                      Strings.header(
                          key.substring("request.headers[".length(), key.length() - 1), value))
                  .build()
              : Claims.claim(Claims.path(key), value);
    };
  }

  private StringMatcher account(String value) {
    int slash = value.indexOf('/');
    String in = slash < 0 ? namespace : value.substring(0, slash);
    return Strings.regex(
        "spiffe://[^/]+/ns/"
            + Strings.wildcards(in)
            + "/sa/"
            + Strings.wildcards(value.substring(slash + 1)));
  }

  private static Principal identity(StringMatcher matcher) {
    return Principal.newBuilder()
        .setAuthenticated(Principal.Authenticated.newBuilder().setPrincipalName(matcher))
        .build();
  }

  /** One range; all addresses in two halves, because stock gRPC takes {@code /0} for the lower. */
  private static List<CidrRange> cidrs(String value) {
    int slash = value.indexOf('/');
    boolean six = value.indexOf(':') >= 0;
    int bits = slash >= 0 ? Integer.parseInt(value.substring(slash + 1)) : six ? 128 : 32;
    if (bits == 0) {
      return List.of(cidr(six ? "::" : "0.0.0.0", 1), cidr(six ? "8000::" : "128.0.0.0", 1));
    }
    return List.of(cidr(slash < 0 ? value : value.substring(0, slash), bits));
  }

  private static CidrRange cidr(String network, int bits) {
    return CidrRange.newBuilder().setAddressPrefix(network).setPrefixLen(Protos.uint(bits)).build();
  }
}
