package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.AuthorizationPolicySpec.Action;
import io.inmesh.server.config.AuthorizationPolicySpec.Clause;
import io.inmesh.server.config.AuthorizationPolicySpec.Rule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Istio {@code AuthorizationPolicy}. */
final class AuthorizationPolicySchema {

  /** Fields of a source, and the attribute each is about. */
  private static final Map<String, String> SOURCE_KEYS = new LinkedHashMap<>();

  /** Fields of an operation, and the attribute each is about. */
  private static final Map<String, String> OPERATION_KEYS = new LinkedHashMap<>();

  static {
    SOURCE_KEYS.put("principals", "source.principal");
    SOURCE_KEYS.put("requestPrincipals", "request.auth.principal");
    SOURCE_KEYS.put("namespaces", "source.namespace");
    SOURCE_KEYS.put("serviceAccounts", "source.serviceAccount");
    SOURCE_KEYS.put("trustDomains", "source.trustDomain");
    SOURCE_KEYS.put("ipBlocks", "source.ip");
    SOURCE_KEYS.put("remoteIpBlocks", "remote.ip");
    OPERATION_KEYS.put("hosts", Clause.HOST);
    OPERATION_KEYS.put("ports", "destination.port");
    OPERATION_KEYS.put("methods", Clause.METHOD);
    OPERATION_KEYS.put("paths", Clause.PATH);
  }

  private static final String PATHS_DOC =
      "exact, `prefix*`, `*suffix`, `*`, or with `{*}` and `{**}`; `/package.Service/Method` for"
          + " gRPC";

  private static final ObjectSchema SOURCE =
      object("Source")
          .optional(
              "principals", values(), "`<trust domain>/ns/<namespace>/sa/<account>`; `*`: any")
          .optional("notPrincipals", values(), "none of them")
          .optional("requestPrincipals", values(), "`<issuer>/<subject>` of a token; `*`: any")
          .optional("notRequestPrincipals", values(), "none of them")
          .optional("namespaces", values(), "of the caller")
          .optional("notNamespaces", values(), "none of them")
          .optional("serviceAccounts", values(), "`<account>` or `<namespace>/<account>`")
          .optional("notServiceAccounts", values(), "none of them")
          .optional("trustDomains", values(), "of the caller")
          .optional("notTrustDomains", values(), "none of them")
          .optional("ipBlocks", blocks(), "of the connection's other end")
          .optional("notIpBlocks", blocks(), "none of them")
          .optional("remoteIpBlocks", blocks(), "of the first sender, by X-Forwarded-For")
          .optional("notRemoteIpBlocks", blocks(), "none of them")
          .rule((source, check) -> notEmpty(source, "source"))
          .rule(AuthorizationPolicySchema::checkAccounts);

  private static final ObjectSchema OPERATION =
      object("Operation")
          .optional("hosts", values(), "with or without port, in any case")
          .optional("notHosts", values(), "none of them")
          .optional("ports", list(text(AuthorizationFormats.PORT), 1, 256), "of this process")
          .optional("notPorts", list(text(AuthorizationFormats.PORT), 1, 256), "none of them")
          .optional("methods", values(), "`POST` for gRPC")
          .optional("notMethods", values(), "none of them")
          .optional("paths", list(text(AuthorizationFormats.PATH), 1, 256), PATHS_DOC)
          .optional("notPaths", list(text(AuthorizationFormats.PATH), 1, 256), "none of them")
          .rule((operation, check) -> notEmpty(operation, "operation"));

  private static final ObjectSchema CONDITION =
      object("Condition")
          .required("key", text(AuthorizationFormats.KEY), "an attribute")
          .optional("values", values(), "one of them")
          .optional("notValues", values(), "none of them")
          .rule(AuthorizationPolicySchema::checkCondition);

  private static final ObjectSchema RULE =
      object("Rule")
          .optional(
              "from",
              list(object("From").required("source", SOURCE, "who calls"), 1, 512),
              "one of them; anybody if left out")
          .optional(
              "to",
              list(object("To").required("operation", OPERATION, "what is called"), 1, 512),
              "one of them; anything if left out")
          .optional("when", list(CONDITION, 1, 512), "all of them");

  private static final ObjectSchema SPEC =
      WorkloadScopes.fields(
          object("AuthorizationPolicySpec")
              .optional(
                  "action",
                  oneOf("ALLOW", "DENY", "AUDIT", "CUSTOM"),
                  "ALLOW",
                  "CUSTOM is asked first, then AUDIT, DENY, ALLOW")
              .optional(
                  "provider",
                  object("ExtensionProvider")
                      .required("name", text().length(1, 253), "in MeshDefaults"),
                  "for CUSTOM")
              .optional("rules", list(RULE, 512), "none: nothing matches; `[{}]`: everything does")
              .rule(AuthorizationPolicySchema::checkAction),
          true);

  static final KindSchema KIND =
      new KindSchema(
          Kind.AUTHORIZATION_POLICY, Formats.DNS_SUBDOMAIN, SPEC, AuthorizationPolicySchema::read);

  private AuthorizationPolicySchema() {}

  private static Schema values() {
    return list(text(AuthorizationFormats.VALUE), 1, 256);
  }

  private static Schema blocks() {
    return list(text(AuthorizationFormats.CIDR), 1, 256);
  }

  private static void notEmpty(View object, String what) {
    if (object.node().entries().isEmpty()) {
      object.report(
          FindingCode.CONTRADICTION,
          "the " + what + " says nothing",
          "leave it out to match everything");
    }
  }

  private static void checkAccounts(View source, Check check) {
    boolean accounts = source.has("serviceAccounts") || source.has("notServiceAccounts");
    boolean others =
        source.has("principals")
            || source.has("notPrincipals")
            || source.has("namespaces")
            || source.has("notNamespaces");
    if (accounts && others) {
      source.report(
          FindingCode.CONTRADICTION,
          "serviceAccounts cannot be used together with principals or namespaces",
          "an account already has its namespace: '<namespace>/<account>'");
    }
  }

  private static void checkCondition(View condition, Check check) {
    if (!condition.has("values") && !condition.has("notValues")) {
      condition.report(FindingCode.REQUIRED, "values", "missing", "expected values or notValues");
    }
    Format format = AuthorizationFormats.of(condition.text("key"));
    for (String field : List.of("values", "notValues")) {
      for (String value : condition.texts(field)) {
        String problem = format.problem(value);
        if (problem != null) {
          condition.report(FindingCode.BAD_FORMAT, field, problem, "");
        }
      }
    }
  }

  private static void checkAction(View spec, Check check) {
    Action action = Action.valueOf(spec.text("action"));
    if (action == Action.CUSTOM && !spec.has("provider")) {
      spec.report(FindingCode.REQUIRED, "provider", "missing", "CUSTOM needs provider.name");
    }
    if (action != Action.CUSTOM && spec.has("provider")) {
      spec.report(FindingCode.CONTRADICTION, "provider", "only CUSTOM has a provider", "remove it");
    }
    if (action != Action.ALLOW && spec.objects("rules").isEmpty()) {
      spec.report(
          FindingCode.INEFFECTIVE,
          "rules",
          action + " without rules never matches",
          "write 'rules: [{}]' to match every request");
    }
    if (action == Action.CUSTOM) {
      spec.objects("rules").forEach(AuthorizationPolicySchema::checkCustom);
    }
  }

  /** The external decision comes before tokens are looked at. */
  private static void checkCustom(View rule) {
    for (View from : rule.objects("from")) {
      View source = from.object("source");
      for (String field : List.of("requestPrincipals", "notRequestPrincipals")) {
        if (source.has(field)) {
          source.report(
              FindingCode.CONTRADICTION,
              field,
              "CUSTOM is decided before tokens are validated",
              "use an ALLOW or DENY policy for what tokens say");
        }
      }
    }
    for (View condition : rule.objects("when")) {
      if (condition.text("key").startsWith("request.auth.")) {
        condition.report(
            FindingCode.CONTRADICTION,
            "key",
            "CUSTOM is decided before tokens are validated",
            "use an ALLOW or DENY policy for what tokens say");
      }
    }
  }

  private static Spec read(View spec, String namespace) {
    return new AuthorizationPolicySpec(
        WorkloadScopes.read(spec, namespace),
        Action.valueOf(spec.text("action")),
        spec.has("provider") ? spec.object("provider").text("name") : "",
        spec.objects("rules").stream().map(AuthorizationPolicySchema::rule).toList());
  }

  private static Rule rule(View rule) {
    return new Rule(
        rule.objects("from").stream().map(f -> clauses(f.object("source"), SOURCE_KEYS)).toList(),
        rule.objects("to").stream()
            .map(t -> clauses(t.object("operation"), OPERATION_KEYS))
            .toList(),
        rule.objects("when").stream()
            .map(c -> new Clause(c.text("key"), c.texts("values"), c.texts("notValues")))
            .toList(),
        rule.at());
  }

  private static List<Clause> clauses(View object, Map<String, String> keys) {
    List<Clause> clauses = new ArrayList<>();
    keys.forEach(
        (field, key) -> {
          String not = "not" + Character.toUpperCase(field.charAt(0)) + field.substring(1);
          if (object.has(field) || object.has(not)) {
            clauses.add(new Clause(key, object.texts(field), object.texts(not)));
          }
        });
    return clauses;
  }
}
