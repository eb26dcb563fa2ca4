package io.inmesh.server.config;

import static io.inmesh.server.config.DecimalSchema.decimal;
import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.EndpointPolicySpec.Accrual;
import io.inmesh.server.config.EndpointPolicySpec.Algorithm;
import io.inmesh.server.config.EndpointPolicySpec.Comparison;
import io.inmesh.server.config.EndpointPolicySpec.FailurePercentage;
import io.inmesh.server.config.EndpointPolicySpec.RateOverWindow;
import io.inmesh.server.config.EndpointPolicySpec.SuccessRate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The part of {@code RoutePolicy} about the endpoints of a Service. */
final class EndpointPolicySchema {
  private static final List<String> ALGORITHMS =
      List.of("peakEwma", "utilization", "pickFirst", "custom");

  private static final ObjectSchema BALANCER =
      object("EndpointBalancer")
          .optional(
              "peakEwma",
              object("PeakEwma")
                  .optional("decay", duration(), "10s", "old latencies are forgotten with it")
                  .optional("defaultRtt", duration(), "30ms", "until there is a measurement")
                  .optional(
                      "failurePenalty",
                      duration(),
                      "a failed request counts as one that took at least so long"),
              "the lower of two latencies, as in Linkerd")
          .optional(
              "utilization",
              object("Utilization")
                  .optional(
                      "outOfBand",
                      duration(),
                      "gRPC servers report so often by themselves, not with their responses; at"
                          + " least 1s")
                  .optional("blackout", duration(), "10s", "new reports are not used before")
                  .optional("expiration", duration(), "3m", "old reports are not used after")
                  .optional("update", duration(), "1s", "how often weights are computed")
                  .optional("errorPenalty", decimal(0, 1_000_000), "1", "how much errors weigh"),
              "by the load that endpoints report (ORCA)")
          .optional(
              "pickFirst",
              object("PickFirst")
                  .optional(
                      "shuffle", BooleanSchema.BOOLEAN, "false", "each client in another order"),
              "always the first endpoint that works")
          .optional(
              "custom",
              object("CustomBalancer")
                  .required("name", text().length(1, 256), "as applications registered it")
                  .optional("settings", AnySchema.MAPPING, "for the balancer"),
              "a balancer that applications bring")
          .optional(
              "hashBalancePercent",
              number(100, 10_000),
              "with `consistentHash` of a DestinationRule: no endpoint gets more than so many"
                  + " percent of the average, what is more goes to others; 120 to 200 are usual")
          .optional("subsetSize", number(1, 100_000), "each client uses only so many endpoints")
          .optional(
              "preconnect", decimal(1, 3), "connections warm for each request in flight; 1: none")
          .optional(
              "predictivePreconnect",
              decimal(1, 3),
              "the same over all endpoints, where the next requests will probably go; 1: none")
          .rule(
              (balancer, check) -> {
                List<String> written = ALGORITHMS.stream().filter(balancer::has).toList();
                if (written.size() > 1) {
                  balancer.report(
                      FindingCode.CONTRADICTION,
                      written.get(1),
                      String.join(" and ", written) + " exclude one another",
                      "");
                }
                if (!written.isEmpty() && balancer.has("hashBalancePercent")) {
                  balancer.report(
                      FindingCode.INEFFECTIVE,
                      "hashBalancePercent",
                      written.get(0) + " does not hash",
                      "");
                }
              });

  private static final ObjectSchema ACCRUAL =
      object("FailureAccrual")
          .optional("maxFailures", number(1, 1_000_000), "7", "in a row")
          .optional("minPenalty", duration(), "1s", "of the first time")
          .optional("maxPenalty", duration(), "60s", "however often")
          .optional("jitterRatio", decimal(0, 100), "0.5", "added at random")
          .optional(
              "successRate",
              object("RateOverWindow")
                  .optional("threshold", decimal(0.01, 1), "0.8", "share of requests that succeed")
                  .optional("window", duration(), "10s", "over which the share is taken")
                  .optional(
                      "minRequests",
                      number(1, 1_000_000),
                      "5",
                      "in the window, to be judged at all")
                  .rule(
                      (rate, check) -> {
                        if (rate.duration("window").isZero()) {
                          rate.report(
                              FindingCode.OUT_OF_RANGE, "window", "must be more than 0s", "");
                        }
                      }),
              "also takes out endpoints that succeed too rarely; 429 and RESOURCE_EXHAUSTED count")
          .optional(
              "honorRetryAfter",
              BooleanSchema.BOOLEAN,
              "false",
              "the penalty is at least what a 429 or 503 asks for, up to maxPenalty")
          .rule((accrual, check) -> order(accrual));

  private static final ObjectSchema COMPARISON =
      object("OutlierComparison")
          .optional(
              "successRate",
              compared("SuccessRate", "100")
                  .optional(
                      "stdevFactor", decimal(0, 1000), "1.9", "standard deviations below the mean"),
              "ejects endpoints that succeed less often than the others")
          .optional(
              "failurePercentage",
              compared("FailurePercentage", "50")
                  .optional("threshold", number(1, 100), "85", "of an endpoint's requests"),
              "ejects endpoints that fail so often")
          .optional(
              "detectDegraded",
              BooleanSchema.BOOLEAN,
              "false",
              "endpoints that answer x-envoy-degraded are used when the others are not enough");

  private EndpointPolicySchema() {}

  /** Adds the fields. */
  static ObjectSchema fields(ObjectSchema spec) {
    return spec.optional("loadBalancer", BALANCER, "of a Service; before that of a DestinationRule")
        .optional("failureAccrual", ACCRUAL, "of a Service: takes out endpoints that fail in a row")
        .optional(
            "outlierDetection",
            COMPARISON,
            "of a Service: compares endpoints at each sweep, besides what a DestinationRule counts")
        .optional(
            "dropPercent",
            number(0, 100),
            "0",
            "of a Service: callers drop so many of its calls, to take load off it")
        .optional(
            "healthCheck",
            HealthCheckSchema.HEALTH_CHECK,
            "of a Service: every client probes its endpoints and uses those that work")
        .optional(
            "failover",
            list(RouteSchemas.BACKEND, 1, 8),
            "of a Service: services that take over what its healthy endpoints are too few for, in"
                + " this order")
        .rule(
            (policy, check) -> {
              boolean onlyServices =
                  policy.objects("targetRefs").stream()
                      .allMatch(target -> target.text("kind").equals("Service"));
              for (String field :
                  List.of(
                      "loadBalancer",
                      "failureAccrual",
                      "outlierDetection",
                      "dropPercent",
                      "healthCheck",
                      "failover")) {
                if (policy.has(field) && !onlyServices) {
                  policy.report(
                      FindingCode.CONTRADICTION,
                      field,
                      field + " is about the endpoints of a Service",
                      "use a policy of its own for the Service");
                }
              }
            });
  }

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  private static ObjectSchema compared(String name, String volume) {
    return object(name)
        .optional(
            "minimumHosts", number(1, 1_000_000), "5", "with fewer to compare nobody is ejected")
        .optional(
            "requestVolume",
            number(1, 1_000_000),
            volume,
            "requests between two sweeps that an endpoint needs to be compared");
  }

  private static void order(View accrual) {
    if (accrual.duration("minPenalty").compareTo(accrual.duration("maxPenalty")) > 0) {
      accrual.report(
          FindingCode.TIME_ORDER, "minPenalty", "minPenalty is longer than maxPenalty", "");
    }
  }

  /** Null if the policy says nothing about endpoints. */
  static @Nullable EndpointPolicySpec read(View policy, String namespace) {
    View balancer = policy.objectOrNull("loadBalancer");
    View accrual = policy.objectOrNull("failureAccrual");
    HealthCheckSpec check = HealthCheckSchema.read(policy.objectOrNull("healthCheck"));
    View comparison = policy.objectOrNull("outlierDetection");
    int drop = policy.number("dropPercent");
    List<BackendRef> failover =
        policy.objects("failover").stream()
            .map(backend -> RouteSchemas.backend(backend, namespace, 0, List.of()))
            .toList();
    if (balancer == null
        && accrual == null
        && comparison == null
        && drop == 0
        && check == null
        && failover.isEmpty()) {
      return null;
    }
    return new EndpointPolicySpec(
        balancer == null ? null : algorithm(balancer),
        balancer == null || !balancer.has("hashBalancePercent")
            ? 0
            : balancer.number("hashBalancePercent"),
        balancer == null || !balancer.has("subsetSize") ? 0 : balancer.number("subsetSize"),
        ratio(balancer, "preconnect"),
        ratio(balancer, "predictivePreconnect"),
        accrual == null
            ? null
            : new Accrual(
                accrual.number("maxFailures"),
                accrual.duration("minPenalty"),
                accrual.duration("maxPenalty"),
                accrual.decimal("jitterRatio"),
                successRate(accrual.objectOrNull("successRate")),
                accrual.flag("honorRetryAfter")),
        comparison == null ? null : comparison(comparison),
        drop,
        check,
        failover,
        policy.at("loadBalancer"));
  }

  private static double ratio(@Nullable View balancer, String field) {
    return balancer == null || !balancer.has(field) ? 1 : balancer.decimal(field);
  }

  private static @Nullable RateOverWindow successRate(@Nullable View rate) {
    return rate == null
        ? null
        : new RateOverWindow(
            rate.decimal("threshold"), rate.duration("window"), rate.number("minRequests"));
  }

  private static Comparison comparison(View comparison) {
    View rate = comparison.objectOrNull("successRate");
    View failures = comparison.objectOrNull("failurePercentage");
    return new Comparison(
        rate == null
            ? null
            : new SuccessRate(
                rate.number("minimumHosts"),
                rate.number("requestVolume"),
                rate.decimal("stdevFactor")),
        failures == null
            ? null
            : new FailurePercentage(
                failures.number("threshold"),
                failures.number("minimumHosts"),
                failures.number("requestVolume")),
        comparison.flag("detectDegraded"));
  }

  private static @Nullable Algorithm algorithm(View balancer) {
    View ewma = balancer.objectOrNull("peakEwma");
    if (ewma != null) {
      return new Algorithm.PeakEwma(
          ewma.duration("decay"),
          ewma.duration("defaultRtt"),
          ewma.durationOrNull("failurePenalty"));
    }
    View utilization = balancer.objectOrNull("utilization");
    if (utilization != null) {
      return new Algorithm.Utilization(
          utilization.durationOrNull("outOfBand"),
          utilization.duration("blackout"),
          utilization.duration("expiration"),
          utilization.duration("update"),
          utilization.decimal("errorPenalty"));
    }
    View first = balancer.objectOrNull("pickFirst");
    if (first != null) {
      return new Algorithm.PickFirst(first.flag("shuffle"));
    }
    View custom = balancer.objectOrNull("custom");
    if (custom != null) {
      return new Algorithm.Custom(custom.text("name"), custom.json("settings"));
    }
    return null;
  }
}
