package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the schemas of HTTPRoute and GRPCRoute share. */
final class RouteSchemas {

  static final ObjectSchema PARENT_REF =
      object("ParentReference")
          .optional(
              "group",
              text(Formats.GROUP),
              "gateway.networking.k8s.io",
              "`''` (or `core`) for a Service")
          .optional("kind", text(Formats.KIND_NAME), "Gateway", "we serve Service, ServiceEntry")
          .optional("namespace", text(Formats.DNS_LABEL), "the route's own if left out")
          .required("name", text().length(1, 253), "")
          .optional("sectionName", text(Formats.DNS_SUBDOMAIN), "the name of one port")
          .optional("port", NumberSchema.port(), "only this port; all if left out")
          .rule(RouteSchemas::checkParent);

  /** A backend without weight and filters, as a mirror names it. */
  static final ObjectSchema BACKEND = backend("BackendObjectReference");

  static final ObjectSchema SESSION_PERSISTENCE =
      object("SessionPersistence")
          .optional(
              "sessionName",
              text(Formats.HEADER_NAME).length(1, 128),
              "of the cookie or header; `inmesh-session` if left out")
          .optional("type", oneOf("Cookie", "Header"), "Cookie", "where the token travels")
          .optional("absoluteTimeout", duration(), "life of a session")
          .optional("idleTimeout", duration(), "life of an unused session")
          .optional(
              "cookieConfig",
              object("CookieConfig")
                  .optional("lifetimeType", oneOf("Permanent", "Session"), "Session", ""),
              "")
          .rule(
              (session, check) -> {
                if (session.object("cookieConfig").text("lifetimeType").equals("Permanent")
                    && !session.has("absoluteTimeout")) {
                  session.report(
                      FindingCode.REQUIRED,
                      "absoluteTimeout",
                      "missing",
                      "a permanent cookie needs it");
                }
                if (session.has("cookieConfig") && session.text("type").equals("Header")) {
                  session.report(
                      FindingCode.CONTRADICTION,
                      "cookieConfig",
                      "the token travels in a header",
                      "remove it");
                }
                order(session, "idleTimeout", "absoluteTimeout");
              });

  private RouteSchemas() {}

  static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  /** A backend with weight and filters. */
  static ObjectSchema backendRef(String name, ObjectSchema filter) {
    return backend(name)
        .optional("weight", number(0, 1_000_000), "1", "against the sum of the rule's weights")
        .optional("filters", list(filter, 16), "only for requests that go here")
        .rule((backend, check) -> RouteFilters.checkCombination(backend.objects("filters")));
  }

  private static ObjectSchema backend(String name) {
    return object(name)
        .optional("group", text(Formats.GROUP), "", "`''` for a Service")
        .optional("kind", text(Formats.KIND_NAME), "Service", "")
        .optional("namespace", text(Formats.DNS_LABEL), "another one needs a ReferenceGrant")
        .required("name", text().length(1, 253), "")
        .optional("port", NumberSchema.port(), "needed for a Service")
        .rule(
            (backend, check) -> {
              if (group(backend).isEmpty()
                  && backend.text("kind").equals("Service")
                  && !backend.has("port")) {
                backend.report(
                    FindingCode.REQUIRED, "port", "missing", "a Service is named with its port");
              }
            });
  }

  /** A condition on a header or query parameter. */
  static ObjectSchema valueMatch(String name, String what) {
    return object(name)
        .optional("type", oneOf("Exact", "RegularExpression"), "Exact", "")
        .required("name", text(Formats.HEADER_NAME).length(1, 256), what)
        .required("value", text().length(1, 4096), "for all of the value; RE2 if an expression")
        .rule(RouteSchemas::checkRegex);
  }

  static void checkRegex(View match, Check check) {
    if (match.text("type").equals("RegularExpression")) {
      regex(match, "value");
    }
  }

  static void regex(View view, String field) {
    String problem = Regex.problem(view.text(field));
    if (problem != null) {
      view.report(FindingCode.BAD_REGEX, field, problem, "");
    }
  }

  /** The API group of a reference; {@code core}, as some write, is the empty one. */
  static String group(View reference) {
    String group = reference.textOrEmpty("group");
    return group.equals("core") ? "" : group;
  }

  /** Reports two objects of a list with the same identity. */
  static void unique(List<View> items, String what, Function<View, String> identity) {
    Set<String> seen = new HashSet<>();
    for (View item : items) {
      String id = identity.apply(item);
      if (!seen.add(id)) {
        item.report(
            FindingCode.DUPLICATE_ENTRY, what + " " + Words.quote(id) + " is there twice", "");
      }
    }
  }

  /** Reports two headers of the same name, which differ in case at most. */
  static void uniqueHeaders(List<View> headers) {
    unique(headers, "header", header -> header.text("name").toLowerCase(Locale.ROOT));
  }

  /** Reports if the first duration is longer than the second; 0s is no limit and never shorter. */
  static void order(View view, String shorter, String longer) {
    Duration small = view.durationOrNull(shorter);
    Duration large = view.durationOrNull(longer);
    if (small != null && large != null && !large.isZero() && small.compareTo(large) > 0) {
      view.report(
          FindingCode.TIME_ORDER,
          shorter,
          shorter
              + " "
              + view.text(shorter)
              + " is longer than "
              + longer
              + " "
              + view.text(longer),
          "");
    }
  }

  /** Checks what both kinds of route want of the whole spec. */
  static void checkRoute(View spec, Check check) {
    List<View> parents = spec.objects("parentRefs");
    unique(
        parents,
        "parent",
        parent -> {
          ParentRef ref = parent(parent, "");
          return ref.kind()
              + " "
              + (ref.namespace().isEmpty() ? "" : ref.namespace() + "/")
              + ref.name()
              + (ref.port() == null ? "" : ":" + ref.port())
              + (ref.sectionName() == null ? "" : "#" + ref.sectionName());
        });
    if (!spec.texts("hostnames").isEmpty()
        && parents.stream().anyMatch(parent -> parent(parent, "").isService())) {
      spec.report(
          FindingCode.HOSTNAMES_IGNORED,
          "hostnames",
          "hostnames have no effect on routes whose parent is a Service",
          "match on a header instead");
    }
    unique(
        spec.objects("rules").stream().filter(rule -> rule.has("name")).toList(),
        "rule",
        rule -> rule.text("name"));
    int matches = spec.objects("rules").stream().mapToInt(r -> r.objects("matches").size()).sum();
    if (matches > 128) {
      spec.report(
          FindingCode.BAD_SIZE, "rules", "has " + matches + " matches; expected at most 128", "");
    }
  }

  /** Checks what both kinds of route want of a rule. */
  static void checkRule(View rule, Check check) {
    List<View> backends = rule.objects("backendRefs");
    if (!backends.isEmpty() && backends.stream().allMatch(b -> b.number("weight") == 0)) {
      rule.report(
          FindingCode.WEIGHTS_ZERO,
          "backendRefs",
          "the weights sum to 0, no request could go anywhere",
          "give one backend a weight of 1 or more");
    }
    RouteFilters.checkCombination(rule.objects("filters"));
  }

  /** Warns of a match that an earlier rule, or the same one, has word for word. */
  static void checkUnreachable(View spec, Function<View, String> identity) {
    Set<String> seen = new HashSet<>();
    for (View rule : spec.objects("rules")) {
      for (View match : rule.objects("matches")) {
        if (!seen.add(identity.apply(match))) {
          match.report(
              FindingCode.UNREACHABLE_MATCH, "never reached: an earlier match is the same", "");
        }
      }
    }
  }

  /** The conditions on headers or parameters, in an order that does not depend on the file. */
  static String identity(View match, String field) {
    return match.objects(field).stream()
        .map(v -> v.text("name").toLowerCase(Locale.ROOT) + v.text("type") + "=" + v.text("value"))
        .sorted()
        .toList()
        .toString();
  }

  private static void checkParent(View parent, Check check) {
    String kind = parent.text("kind");
    ParentRef ref = parent(parent, "");
    if (ref.isService() || ref.isServiceEntry()) {
      if (!ref.group().equals(group(parent))) {
        parent.report(
            FindingCode.GROUP_ASSUMED,
            "kind",
            "without a group the kind " + kind + " means no object; '" + ref.group() + "' assumed",
            "write group: '" + ref.group() + "'");
      }
    } else if (ref.group().isEmpty()) {
      parent.report(
          FindingCode.NOT_ALLOWED,
          "kind",
          "a route cannot attach to the core kind " + Words.quote(kind),
          Words.suggest(kind, List.of("Service")));
    } else {
      boolean gateway = kind.equals("Gateway") || kind.equals("ListenerSet");
      check.report(
          FindingCode.PARENT_IGNORED,
          gateway ? Finding.Level.INFO : Finding.Level.WARNING,
          parent.path(),
          parent.at(),
          "a " + kind + " is not served by this mesh; the parent is ignored",
          gateway ? "" : "expected kind Service with group ''");
    }
  }

  static ParentRef parent(View parent, String namespace) {
    String kind = parent.text("kind");
    String group = group(parent);
    if (group.equals(Kind.HTTP_ROUTE.group()) && !parent.has("group")) {
      group =
          switch (kind) {
            case "Service" -> "";
            case "ServiceEntry" -> Kind.SERVICE_ENTRY.group();
            default -> group;
          };
    }
    return new ParentRef(
        group,
        kind,
        parent.has("namespace") ? parent.text("namespace") : namespace,
        parent.text("name"),
        parent.textOrNull("sectionName"),
        parent.numberOrNull("port"),
        parent.at());
  }

  /** A backend whose schema has weight and filters. */
  static BackendRef backendRef(View backend, String namespace) {
    return backend(
        backend,
        namespace,
        backend.number("weight"),
        backend.objects("filters").stream().map(f -> RouteFilters.read(f, namespace)).toList());
  }

  /** A backend whose schema has neither. */
  static BackendRef backend(View backend, String namespace, int weight, List<RouteFilter> filters) {
    return new BackendRef(
        group(backend),
        backend.text("kind"),
        backend.has("namespace") ? backend.text("namespace") : namespace,
        backend.text("name"),
        backend.numberOrNull("port"),
        weight,
        filters,
        backend.at());
  }

  static ValueMatch valueMatch(View match) {
    return new ValueMatch(matchType(match), match.text("name"), match.text("value"), match.at());
  }

  static ValueMatch.Type matchType(View match) {
    return match.text("type").equals("Exact")
        ? ValueMatch.Type.EXACT
        : ValueMatch.Type.REGULAR_EXPRESSION;
  }

  static @Nullable SessionPersistence session(@Nullable View session) {
    if (session == null) {
      return null;
    }
    return new SessionPersistence(
        session.text("type").equals("Header")
            ? SessionPersistence.Type.HEADER
            : SessionPersistence.Type.COOKIE,
        session.textOrNull("sessionName"),
        session.object("cookieConfig").text("lifetimeType").equals("Permanent"),
        session.durationOrNull("absoluteTimeout"),
        session.durationOrNull("idleTimeout"),
        session.at());
  }
}
