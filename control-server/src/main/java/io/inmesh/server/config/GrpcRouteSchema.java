package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.GrpcRouteSpec.Match;
import io.inmesh.server.config.GrpcRouteSpec.MethodMatch;
import io.inmesh.server.config.GrpcRouteSpec.Rule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Gateway API {@code GRPCRoute} v1, standard channel and one experimental field. */
final class GrpcRouteSchema {

  private static final ObjectSchema METHOD =
      object("GRPCMethodMatch")
          .optional("type", oneOf("Exact", "RegularExpression"), "Exact", "")
          .optional("service", text().length(1, 1024), "`package.Service`; all if left out")
          .optional("method", text().length(1, 1024), "all if left out")
          .rule(GrpcRouteSchema::checkMethod);

  private static final ObjectSchema MATCH =
      object("GRPCRouteMatch")
          .optional("method", METHOD, "all methods if left out")
          .optional(
              "headers",
              list(RouteSchemas.valueMatch("GRPCHeaderMatch", "any case"), 16),
              "all must match")
          .rule((match, check) -> RouteSchemas.uniqueHeaders(match.objects("headers")));

  private static final ObjectSchema RULE =
      object("GRPCRouteRule")
          .optional("name", text(Formats.DNS_SUBDOMAIN), "by which policies refer to it")
          .optional("matches", list(MATCH, 64), "alternatives; all calls if left out")
          .optional("filters", list(RouteFilterSchemas.GRPC, 16), "for all backends")
          .optional(
              "backendRefs",
              list(RouteSchemas.backendRef("GRPCBackendRef", RouteFilterSchemas.GRPC), 16),
              "none means UNAVAILABLE")
          .optional(
              "sessionPersistence",
              RouteSchemas.SESSION_PERSISTENCE,
              "experimental: calls stick to an endpoint")
          .rule(RouteSchemas::checkRule);

  private static final ObjectSchema SPEC =
      object("GRPCRouteSpec")
          .required("parentRefs", list(RouteSchemas.PARENT_REF, 1, 32), "what it attaches to")
          .optional("hostnames", list(text(Formats.HOSTNAME), 16), "no effect on Service parents")
          .required("rules", list(RULE, 1, 16), "the most specific match wins, not the first")
          .noEffect("useDefaultGateways")
          .rule(RouteSchemas::checkRoute)
          .rule((spec, check) -> RouteSchemas.checkUnreachable(spec, GrpcRouteSchema::identity));

  static final KindSchema KIND =
      new KindSchema(Kind.GRPC_ROUTE, Formats.DNS_SUBDOMAIN, SPEC, GrpcRouteSchema::read);

  private GrpcRouteSchema() {}

  private static void checkMethod(View method, Check check) {
    if (!method.has("service") && !method.has("method")) {
      method.report(FindingCode.REQUIRED, "missing", "expected service, method or both");
    }
    for (String field : List.of("service", "method")) {
      if (!method.has(field)) {
        continue;
      }
      if (method.text("type").equals("RegularExpression")) {
        RouteSchemas.regex(method, field);
        continue;
      }
      Format format = field.equals("service") ? Formats.PROTO_SERVICE : Formats.PROTO_METHOD;
      String problem = format.problem(method.text(field));
      if (problem != null) {
        method.report(FindingCode.BAD_FORMAT, field, problem, "");
      }
    }
  }

  private static String identity(View match) {
    View method = match.object("method");
    return method.text("type")
        + " "
        + method.textOrEmpty("service")
        + "/"
        + method.textOrEmpty("method")
        + RouteSchemas.identity(match, "headers");
  }

  private static Spec read(View spec, String namespace) {
    List<Rule> rules = new ArrayList<>();
    for (View rule : spec.objects("rules")) {
      rules.add(rule(rule, rules.size(), namespace));
    }
    return new GrpcRouteSpec(
        spec.objects("parentRefs").stream().map(p -> RouteSchemas.parent(p, namespace)).toList(),
        spec.texts("hostnames"),
        rules);
  }

  private static Rule rule(View rule, int index, String namespace) {
    List<Match> matches = rule.objects("matches").stream().map(GrpcRouteSchema::match).toList();
    if (matches.isEmpty()) {
      matches = List.of(new Match(null, List.of(), rule.at()));
    }
    return new Rule(
        index,
        rule.textOrEmpty("name"),
        matches,
        rule.objects("filters").stream().map(f -> RouteFilters.read(f, namespace)).toList(),
        rule.objects("backendRefs").stream()
            .map(b -> RouteSchemas.backendRef(b, namespace))
            .toList(),
        RouteSchemas.session(rule.objectOrNull("sessionPersistence")),
        rule.at());
  }

  private static Match match(View match) {
    return new Match(
        method(match.objectOrNull("method")),
        match.objects("headers").stream().map(RouteSchemas::valueMatch).toList(),
        match.at());
  }

  private static @Nullable MethodMatch method(@Nullable View method) {
    return method == null
        ? null
        : new MethodMatch(
            RouteSchemas.matchType(method),
            method.textOrNull("service"),
            method.textOrNull("method"));
  }
}
