package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.VirtualServiceSpec.Delegate;
import io.inmesh.server.config.VirtualServiceSpec.Destination;
import io.inmesh.server.config.VirtualServiceSpec.DirectResponse;
import io.inmesh.server.config.VirtualServiceSpec.Redirect;
import io.inmesh.server.config.VirtualServiceSpec.Rule;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Istio {@code VirtualService}. */
final class VirtualServiceSchema {
  /** In front of a redirect's path: the rest replaces only the matched prefix. */
  private static final String PREFIX = "%PREFIX()%";

  private static final List<String> OUTCOMES =
      List.of("route", "redirect", "directResponse", "delegate");

  private static final ObjectSchema ROUTE =
      object("HTTPRouteDestination")
          .required("destination", VirtualServicePolicies.DESTINATION, "where requests go")
          .optional("weight", number(0, Integer.MAX_VALUE), "against the sum; one alone gets all")
          .optional("headers", VirtualServicePolicies.HEADERS, "only for requests that go there")
          .rule(
              (route, check) -> {
                View request = route.object("headers").object("request");
                for (String field : List.of("set", "add")) {
                  if (request.map(field).keySet().stream().anyMatch("host"::equalsIgnoreCase)) {
                    request.report(
                        FindingCode.NOT_APPLICABLE,
                        field,
                        "the Host header cannot be changed for one destination",
                        "use rewrite.authority");
                  }
                }
              });

  private static final ObjectSchema REDIRECT =
      object("HTTPRedirect")
          .optional(
              "uri",
              text().length(1, 1024),
              "new path; after `%PREFIX()%` it replaces only the matched prefix")
          .optional("authority", text(Formats.AUTHORITY), "new host")
          .optional("port", NumberSchema.port(), "new port; excludes `derivePort`")
          .optional(
              "derivePort",
              oneOf("FROM_PROTOCOL_DEFAULT", "FROM_REQUEST_PORT"),
              "the scheme's own port, or the one called")
          .optional("scheme", oneOf("http", "https"), "new scheme")
          .optional(
              "redirectCode", NumberSchema.oneOf(301, 302, 303, 307, 308), "301", "the status")
          .rule(
              (redirect, check) -> {
                if (redirect.has("port") && redirect.has("derivePort")) {
                  redirect.report(
                      FindingCode.CONTRADICTION,
                      "derivePort",
                      "port and derivePort exclude one another",
                      "");
                }
              });

  private static final ObjectSchema DIRECT_RESPONSE =
      object("HTTPDirectResponse")
          .required("status", number(200, 599), "")
          .optional(
              "body",
              object("HTTPBody")
                  .optional("string", text().length(0, 64 << 10), "")
                  .optional("bytes", text(Formats.BASE64).length(0, 64 << 10), "in Base64"),
              "empty if left out");

  private static final ObjectSchema RULE =
      VirtualServicePolicies.addTo(
          object("HTTPRoute (Istio)")
              .optional("name", text().length(0, 253), "by which policies refer to it")
              .optional(
                  "match", list(VirtualServiceMatches.SCHEMA, 64), "alternatives; all if none")
              .optional("route", list(ROUTE, 1, 64), "where requests go, by weight")
              .optional("redirect", REDIRECT, "answers itself")
              .optional("directResponse", DIRECT_RESPONSE, "answers itself")
              .optional(
                  "delegate",
                  object("Delegate")
                      .required("name", text(Formats.DNS_SUBDOMAIN), "a VirtualService, no hosts")
                      .optional("namespace", text(Formats.DNS_LABEL), "this one's if left out"),
                  "whose rules apply to what matches here")
              .rule(VirtualServiceSchema::checkRule));

  private static final ObjectSchema SPEC =
      object("VirtualServiceSpec")
          .optional(
              "hosts",
              list(text(Formats.HOSTNAME).length(1, 253), 256),
              "full names, short ones in this namespace, or `*.` and a suffix; "
                  + "without any, others delegate to it")
          .optional(
              "gateways", list(text().length(1, 253), 64), "only `mesh`, the default, is served")
          .optional(
              "exportTo",
              list(text().length(1, 63), 64),
              "namespaces whose callers it is for; `.`: its own; all if left out")
          .optional("http", list(RULE, 1, 512), "the first rule that matches wins")
          .optional("tls", AnySchema.ANY, "cannot work here")
          .optional("tcp", AnySchema.ANY, "cannot work here")
          .rule(VirtualServiceSchema::checkSpec);

  static final KindSchema KIND =
      new KindSchema(Kind.VIRTUAL_SERVICE, Formats.DNS_SUBDOMAIN, SPEC, VirtualServiceSchema::read);

  private VirtualServiceSchema() {}

  private static void checkRule(View rule, Check check) {
    List<String> given = OUTCOMES.stream().filter(rule::has).toList();
    if (given.size() != 1) {
      rule.report(
          given.isEmpty() ? FindingCode.REQUIRED : FindingCode.CONTRADICTION,
          given.isEmpty()
              ? "the rule does not say where requests go"
              : String.join(" and ", given) + " exclude one another",
          "give exactly one of " + Words.or(OUTCOMES));
    }
    List<View> routes = rule.objects("route");
    if (routes.size() > 1 && routes.stream().allMatch(r -> weight(r, true) == 0)) {
      rule.report(
          FindingCode.WEIGHTS_ZERO,
          "route",
          "the weights sum to 0, no request could go anywhere",
          "give one destination a weight of 1 or more");
    }
    View redirect = rule.objectOrNull("redirect");
    if (redirect != null && rule.has("rewrite")) {
      rule.report(
          FindingCode.CONTRADICTION, "rewrite", "a redirect answers before any rewrite", "");
    }
    if (redirect != null && prefixOnly(redirect) && !matchesPrefixes(rule)) {
      redirect.report(
          FindingCode.CONTRADICTION,
          "uri",
          PREFIX + " needs matches by prefix or of exact paths",
          "");
    }
  }

  private static boolean matchesPrefixes(View rule) {
    return rule.objects("match").stream().noneMatch(match -> match.object("uri").has("regex"));
  }

  private static void checkSpec(View spec, Check check) {
    for (String section : List.of("tls", "tcp")) {
      if (spec.has(section)) {
        check.report(
            FindingCode.NOT_APPLICABLE,
            Finding.Level.WARNING,
            spec.path().field(section),
            spec.at(section),
            "connections without HTTP do not pass through this mesh; the section has no effect",
            "");
      }
    }
    checkGateways(spec, check);
    for (View rule : spec.objects("http")) {
      rule.objects("match").forEach(match -> checkGateways(match, check));
    }
    if (spec.texts("hosts").isEmpty()) {
      for (View rule : spec.objects("http")) {
        if (rule.has("delegate")) {
          rule.report(
              FindingCode.CONTRADICTION,
              "delegate",
              "a VirtualService without hosts cannot delegate further",
              "give it hosts");
        }
      }
    }
  }

  private static void checkGateways(View view, Check check) {
    List<String> others =
        view.texts("gateways").stream().filter(g -> !g.equals(VirtualServiceMatches.MESH)).toList();
    if (!others.isEmpty()) {
      boolean alsoMesh = others.size() < view.texts("gateways").size();
      check.report(
          FindingCode.PARENT_IGNORED,
          alsoMesh ? Finding.Level.INFO : Finding.Level.WARNING,
          view.path().field("gateways"),
          view.at("gateways"),
          "the gateway "
              + Words.quote(others.get(0))
              + " is not served by this mesh"
              + (alsoMesh ? "" : ": this has no effect"),
          alsoMesh ? "" : "add 'mesh' for callers in the mesh");
    }
  }

  private static Spec read(View spec, String namespace) {
    List<Rule> rules = new ArrayList<>();
    for (View rule : spec.objects("http")) {
      rules.add(rule(rule, rules.size(), namespace));
    }
    return new VirtualServiceSpec(
        spec.texts("hosts"),
        spec.texts("exportTo"),
        VirtualServiceMatches.forMesh(spec.texts("gateways")),
        rules.stream().filter(rule -> rule.index() >= 0).toList());
  }

  /** One whose matches are all for gateways would otherwise match everything: it gets index -1. */
  private static Rule rule(View rule, int index, String namespace) {
    List<View> matches = rule.objects("match");
    List<View> ours =
        matches.stream()
            .filter(match -> VirtualServiceMatches.forMesh(match.texts("gateways")))
            .toList();
    boolean unused = ours.isEmpty() && !matches.isEmpty();
    List<View> routes = rule.objects("route");
    View delegate = rule.objectOrNull("delegate");
    return new Rule(
        unused ? -1 : index,
        rule.textOrEmpty("name"),
        ours.stream().map(VirtualServiceMatches::read).toList(),
        routes.stream().map(route -> destination(route, routes.size() > 1)).toList(),
        redirect(rule.objectOrNull("redirect")),
        direct(rule.objectOrNull("directResponse")),
        delegate == null
            ? null
            : new Delegate(
                delegate.text("name"),
                delegate.has("namespace") ? delegate.text("namespace") : namespace,
                delegate.at()),
        VirtualServicePolicies.read(rule),
        rule.at());
  }

  private static Destination destination(View route, boolean oneOfSeveral) {
    View headers = route.object("headers");
    return new Destination(
        VirtualServicePolicies.destination(route.object("destination")),
        weight(route, oneOfSeveral),
        VirtualServicePolicies.changes(headers.objectOrNull("request")),
        VirtualServicePolicies.changes(headers.objectOrNull("response")),
        route.at());
  }

  /** One destination alone gets everything, whatever is written. */
  private static int weight(View route, boolean oneOfSeveral) {
    Integer weight = route.numberOrNull("weight");
    return !oneOfSeveral ? 1 : weight == null ? 0 : weight;
  }

  private static boolean prefixOnly(View redirect) {
    return redirect.textOrEmpty("uri").startsWith(PREFIX);
  }

  private static @Nullable Redirect redirect(@Nullable View redirect) {
    if (redirect == null) {
      return null;
    }
    String uri = redirect.textOrNull("uri");
    boolean prefix = uri != null && prefixOnly(redirect);
    return new Redirect(
        uri != null && prefix ? uri.substring(PREFIX.length()) : uri,
        prefix,
        redirect.textOrNull("authority"),
        redirect.numberOrNull("port"),
        redirect.textOrEmpty("derivePort").equals("FROM_REQUEST_PORT"),
        redirect.textOrNull("scheme"),
        redirect.number("redirectCode"));
  }

  private static @Nullable DirectResponse direct(@Nullable View response) {
    if (response == null) {
      return null;
    }
    View body = response.object("body");
    String text =
        body.has("bytes")
            ? new String(Base64.getDecoder().decode(body.text("bytes")), StandardCharsets.UTF_8)
            : body.textOrEmpty("string");
    return new DirectResponse(response.number("status"), text);
  }
}
