package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.HttpRouteSpec.Match;
import io.inmesh.server.config.HttpRouteSpec.PathMatch;
import io.inmesh.server.config.HttpRouteSpec.Rule;
import io.inmesh.server.config.HttpRouteSpec.Timeouts;
import java.util.ArrayList;
import java.util.List;

/** Gateway API {@code HTTPRoute} v1, standard channel and two experimental fields. */
final class HttpRouteSchema {

  private static final ObjectSchema PATH =
      object("HTTPPathMatch")
          .optional("type", oneOf("Exact", "PathPrefix", "RegularExpression"), "PathPrefix", "")
          .optional("value", text().length(1, 1024), "/", "path, whole segments, or RE2")
          .rule(
              (path, check) -> {
                if (path.text("type").equals("RegularExpression")) {
                  RouteSchemas.regex(path, "value");
                } else {
                  String problem = Formats.ABSOLUTE_PATH.problem(path.text("value"));
                  if (problem != null) {
                    path.report(FindingCode.BAD_FORMAT, "value", problem, "");
                  }
                }
              });

  private static final ObjectSchema MATCH =
      object("HTTPRouteMatch")
          .optional("path", PATH, "all paths if left out")
          .optional(
              "headers",
              list(RouteSchemas.valueMatch("HTTPHeaderMatch", "any case"), 16),
              "all must match")
          .optional(
              "queryParams",
              list(RouteSchemas.valueMatch("HTTPQueryParamMatch", "exact case"), 16),
              "all must match")
          .optional(
              "method",
              oneOf("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
              "")
          .rule(
              (match, check) -> {
                RouteSchemas.uniqueHeaders(match.objects("headers"));
                RouteSchemas.unique(
                    match.objects("queryParams"), "query parameter", p -> p.text("name"));
              });

  private static final ObjectSchema TIMEOUTS =
      object("HTTPRouteTimeouts")
          .optional("request", RouteSchemas.duration(), "retries included; 0s for none")
          .optional("backendRequest", RouteSchemas.duration(), "each attempt; 0s for none")
          .rule((timeouts, check) -> RouteSchemas.order(timeouts, "backendRequest", "request"));

  private static final ObjectSchema RETRY =
      object("HTTPRouteRetry")
          .optional("codes", list(number(400, 599), 64), "")
          .optional("attempts", number(0, 20), "")
          .optional("backoff", RouteSchemas.duration(), "");

  private static final ObjectSchema RULE =
      object("HTTPRouteRule")
          .optional("name", text(Formats.DNS_SUBDOMAIN), "by which policies refer to it")
          .optional("matches", list(MATCH, 64), "alternatives; all requests if left out")
          .optional("filters", list(RouteFilterSchemas.HTTP, 16), "for all backends")
          .optional(
              "backendRefs",
              list(RouteSchemas.backendRef("HTTPBackendRef", RouteFilterSchemas.HTTP), 16),
              "none means status 500")
          .optional("timeouts", TIMEOUTS, "")
          .optional("retry", RETRY, "experimental in Gateway API; goes before RoutePolicy")
          .optional(
              "sessionPersistence",
              RouteSchemas.SESSION_PERSISTENCE,
              "experimental: calls stick to an endpoint")
          .rule(RouteSchemas::checkRule)
          .rule((rule, check) -> checkFilters(rule));

  private static final ObjectSchema SPEC =
      object("HTTPRouteSpec")
          .required("parentRefs", list(RouteSchemas.PARENT_REF, 1, 32), "what it attaches to")
          .optional("hostnames", list(text(Formats.HOSTNAME), 16), "no effect on Service parents")
          .required("rules", list(RULE, 1, 16), "the most specific match wins, not the first")
          .noEffect("useDefaultGateways")
          .rule(RouteSchemas::checkRoute)
          .rule((spec, check) -> RouteSchemas.checkUnreachable(spec, HttpRouteSchema::identity));

  static final KindSchema KIND =
      new KindSchema(Kind.HTTP_ROUTE, Formats.DNS_SUBDOMAIN, SPEC, HttpRouteSchema::read);

  private HttpRouteSchema() {}

  /** A redirect answers itself; replacing a prefix needs one prefix. */
  private static void checkFilters(View rule) {
    List<View> all = new ArrayList<>(rule.objects("filters"));
    rule.objects("backendRefs").forEach(backend -> all.addAll(backend.objects("filters")));
    for (View filter : all) {
      String type = filter.text("type");
      if (type.equals("RequestRedirect") && !rule.objects("backendRefs").isEmpty()) {
        filter.report(
            FindingCode.CONTRADICTION,
            "type",
            "a RequestRedirect answers the request itself",
            "remove backendRefs");
      }
      View content =
          type.equals("RequestRedirect")
              ? filter.object("requestRedirect")
              : type.equals("URLRewrite") ? filter.object("urlRewrite") : null;
      View path = content == null ? null : content.objectOrNull("path");
      if (path != null && path.text("type").equals("ReplacePrefixMatch")) {
        List<View> matches = rule.objects("matches");
        boolean prefix =
            matches.size() == 1 && matches.get(0).object("path").text("type").equals("PathPrefix");
        if (!prefix) {
          path.report(
              FindingCode.CONTRADICTION,
              "type",
              "ReplacePrefixMatch needs exactly one match, of type PathPrefix",
              "");
        }
      }
    }
  }

  private static String identity(View match) {
    View path = match.object("path");
    return path.text("type")
        + path.text("value")
        + " "
        + match.textOrEmpty("method")
        + RouteSchemas.identity(match, "headers")
        + RouteSchemas.identity(match, "queryParams");
  }

  private static Spec read(View spec, String namespace) {
    List<Rule> rules = new ArrayList<>();
    for (View rule : spec.objects("rules")) {
      rules.add(rule(rule, rules.size(), namespace));
    }
    return new HttpRouteSpec(
        spec.objects("parentRefs").stream().map(p -> RouteSchemas.parent(p, namespace)).toList(),
        spec.texts("hostnames"),
        rules);
  }

  private static Rule rule(View rule, int index, String namespace) {
    List<Match> matches = rule.objects("matches").stream().map(HttpRouteSchema::match).toList();
    if (matches.isEmpty()) {
      matches = List.of(new Match(PathMatch.ANY, List.of(), List.of(), null, rule.at()));
    }
    View timeouts = rule.object("timeouts");
    View retry = rule.objectOrNull("retry");
    return new Rule(
        index,
        rule.textOrEmpty("name"),
        matches,
        rule.objects("filters").stream().map(f -> RouteFilters.read(f, namespace)).toList(),
        rule.objects("backendRefs").stream()
            .map(b -> RouteSchemas.backendRef(b, namespace))
            .toList(),
        new Timeouts(timeouts.durationOrNull("request"), timeouts.durationOrNull("backendRequest")),
        retry == null
            ? null
            : new RouteRetry(
                retry.numbers("codes"),
                retry.numberOrNull("attempts"),
                retry.durationOrNull("backoff"),
                retry.at()),
        RouteSchemas.session(rule.objectOrNull("sessionPersistence")),
        rule.at());
  }

  private static Match match(View match) {
    View path = match.object("path");
    PathMatch.Type type =
        switch (path.text("type")) {
          case "Exact" -> PathMatch.Type.EXACT;
          case "RegularExpression" -> PathMatch.Type.REGULAR_EXPRESSION;
          default -> PathMatch.Type.PATH_PREFIX;
        };
    return new Match(
        new PathMatch(type, path.text("value")),
        match.objects("headers").stream().map(RouteSchemas::valueMatch).toList(),
        match.objects("queryParams").stream().map(RouteSchemas::valueMatch).toList(),
        match.textOrNull("method"),
        match.at());
  }
}
