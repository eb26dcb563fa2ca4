package io.inmesh.server.config;

import static io.inmesh.server.config.DecimalSchema.decimal;
import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.DestinationRuleSpec.Subset;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Istio {@code DestinationRule}. */
final class DestinationRuleSchema {
  private static final ObjectSchema PORT_POLICY =
      settings(
          object("PortTrafficPolicy")
              .required(
                  "port",
                  object("PortSelector").required("number", NumberSchema.port(), "of the service"),
                  "which one"));

  private static final ObjectSchema POLICY =
      settings(object("TrafficPolicy"))
          .optional(
              "portLevelSettings",
              list(PORT_POLICY, 256),
              "for single ports; what is left out there has its default")
          .optional(
              "retryBudget",
              object("RetryBudget")
                  .optional("percent", decimal(0, 100), "20", "retries in percent of all requests")
                  .optional(
                      "minRetryConcurrency",
                      number(0, Integer.MAX_VALUE),
                      "3",
                      "retries that may always be in flight"),
              "of what is in flight from one process; instead of `maxRetries`")
          .optional("tunnel", AnySchema.ANY, "cannot work here")
          .optional("proxyProtocol", AnySchema.ANY, "cannot work here")
          .rule(
              (policy, check) -> {
                for (String field : new String[] {"tunnel", "proxyProtocol"}) {
                  if (policy.has(field)) {
                    policy.report(
                        FindingCode.NOT_APPLICABLE,
                        field,
                        field + " cannot work in an embedded data plane",
                        "");
                  }
                }
                View http = policy.object("connectionPool").object("http");
                if (policy.has("retryBudget") && http.has("maxRetries")) {
                  http.report(
                      FindingCode.INEFFECTIVE, "maxRetries", "retryBudget goes before it", "");
                }
                RouteSchemas.unique(
                    policy.objects("portLevelSettings"),
                    "port",
                    item -> item.object("port").text("number"));
              });

  private static final ObjectSchema SPEC =
      object("DestinationRuleSpec")
          .required(
              "host",
              text(Formats.HOSTNAME).length(1, 253),
              "a full name, one relative to the rule's namespace, or `*.` and a suffix")
          .optional("trafficPolicy", POLICY, "for all of the host")
          .optional(
              "subsets",
              list(
                  object("Subset")
                      .required("name", text(Formats.DNS_LABEL), "how routes name it")
                      .optional("labels", MapSchema.LABELS, "its endpoints carry")
                      .optional("trafficPolicy", POLICY, "goes before that of the rule"),
                  256),
              "parts of the host")
          .optional(
              "exportTo",
              list(text().length(1, 63), 64),
              "namespaces whose callers it is for; `.`: its own; all if left out")
          .optional(
              "workloadSelector",
              object("WorkloadSelector").optional("matchLabels", MapSchema.LABELS, "all of them"),
              "callers of the rule's own namespace that it is for; it goes before rules without")
          .rule(
              (spec, check) ->
                  RouteSchemas.unique(
                      spec.objects("subsets"), "subset", subset -> subset.text("name")));

  static final KindSchema KIND =
      new KindSchema(
          Kind.DESTINATION_RULE, Formats.DNS_SUBDOMAIN, SPEC, DestinationRuleSchema::read);

  private DestinationRuleSchema() {}

  private static ObjectSchema settings(ObjectSchema schema) {
    return schema
        .optional("loadBalancer", LoadBalancerSchema.SCHEMA, "how endpoints are chosen")
        .optional("connectionPool", ConnectionPoolSchema.SCHEMA, "limits and lifetime")
        .optional("outlierDetection", OutlierDetectionSchema.SCHEMA, "ejects bad endpoints")
        .optional("tls", ClientTlsSchema.SCHEMA, "how connections are secured")
        .rule(
            (policy, check) -> {
              View balancer = policy.objectOrNull("loadBalancer");
              View locality = balancer == null ? null : balancer.objectOrNull("localityLbSetting");
              if (locality != null && locality.flag("enabled") && !policy.has("outlierDetection")) {
                policy.report(
                    FindingCode.LOCALITY_WITHOUT_OUTLIERS,
                    "loadBalancer",
                    "localityLbSetting has no effect without outlierDetection, as in Istio",
                    "add outlierDetection");
              }
            });
  }

  private static Spec read(View spec, String namespace) {
    View policy = spec.objectOrNull("trafficPolicy");
    View selector = spec.objectOrNull("workloadSelector");
    return new DestinationRuleSpec(
        spec.text("host"),
        policy == null ? null : policy(policy, namespace),
        spec.objects("subsets").stream().map(subset -> subset(subset, namespace)).toList(),
        spec.texts("exportTo"),
        selector == null ? null : selector.map("matchLabels"));
  }

  private static Subset subset(View subset, String namespace) {
    View policy = subset.objectOrNull("trafficPolicy");
    return new Subset(
        subset.text("name"),
        subset.map("labels"),
        policy == null ? null : policy(policy, namespace),
        subset.at());
  }

  private static TrafficPolicySpec policy(View policy, String namespace) {
    Map<Integer, TrafficPolicySpec> ports = new HashMap<>();
    for (View port : policy.objects("portLevelSettings")) {
      ports.put(port.object("port").number("number"), settings(port, Map.of(), namespace));
    }
    View budget = policy.objectOrNull("retryBudget");
    return settings(policy, ports, namespace)
        .withRetryBudget(
            budget == null
                ? null
                : new TrafficPolicySpec.RetryBudget(
                    budget.decimal("percent"), budget.number("minRetryConcurrency")));
  }

  private static TrafficPolicySpec settings(
      View policy, Map<Integer, TrafficPolicySpec> ports, String namespace) {
    @Nullable View tls = policy.objectOrNull("tls");
    @Nullable View balancer = policy.objectOrNull("loadBalancer");
    @Nullable View pool = policy.objectOrNull("connectionPool");
    @Nullable View outliers = policy.objectOrNull("outlierDetection");
    return new TrafficPolicySpec(
        balancer == null ? null : LoadBalancerSchema.read(balancer),
        pool == null ? null : ConnectionPoolSchema.read(pool),
        outliers == null ? null : OutlierDetectionSchema.read(outliers),
        tls == null ? null : ClientTlsSchema.read(tls, namespace),
        null,
        ports,
        policy.at());
  }
}
