package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.BackendTrafficPolicySpec.RetryConstraint;
import io.inmesh.server.config.BackendTrafficPolicySpec.TargetRef;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Gateway API's experimental {@code XBackendTrafficPolicy}. */
final class BackendTrafficPolicySchema {
  private static final ObjectSchema TARGET =
      object("LocalPolicyTargetReference")
          .optional("group", text(Formats.GROUP), "", "`''`, that of a Service")
          .required("kind", oneOf("Service"), "only Services are backends here")
          .required("name", text(Formats.DNS_SUBDOMAIN), "in the policy's namespace");

  private static final ObjectSchema CONSTRAINT =
      object("RetryConstraint")
          .optional(
              "budget",
              object("BudgetDetails")
                  .optional("percent", number(0, 100), "20", "retries in percent of requests")
                  .optional("interval", duration(), "10s", "over which both are counted")
                  .rule(BackendTrafficPolicySchema::checkInterval),
              "the share of retries")
          .optional(
              "minRetryRate",
              object("RequestRate")
                  .optional("count", number(0, 1_000_000), "10", "retries always allowed")
                  .optional("interval", duration(), "1s", "in which they are")
                  .rule(BackendTrafficPolicySchema::checkInterval),
              "what is allowed however few requests there are");

  private static final ObjectSchema SPEC =
      object("BackendTrafficPolicySpec")
          .required("targetRefs", list(TARGET, 1, 16), "Services")
          .optional("retryConstraint", CONSTRAINT, "of all retries of one client to a Service")
          .optional(
              "sessionPersistence",
              RouteSchemas.SESSION_PERSISTENCE,
              "experimental: calls stick to an endpoint")
          .rule(
              (spec, check) ->
                  RouteSchemas.unique(
                      spec.objects("targetRefs"), "target", target -> target.text("name")));

  static final KindSchema KIND =
      new KindSchema(
          Kind.BACKEND_TRAFFIC_POLICY,
          Formats.DNS_SUBDOMAIN,
          SPEC,
          (spec, namespace) -> read(spec));

  private BackendTrafficPolicySchema() {}

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  /** Gateway API allows one second to an hour. */
  private static void checkInterval(View rate, Check check) {
    Duration interval = rate.duration("interval");
    if (interval.compareTo(Duration.ofSeconds(1)) < 0
        || interval.compareTo(Duration.ofHours(1)) > 0) {
      rate.report(FindingCode.OUT_OF_RANGE, "interval", "must be 1s to 1h", "");
    }
  }

  private static Spec read(View spec) {
    return new BackendTrafficPolicySpec(
        spec.objects("targetRefs").stream()
            .map(target -> new TargetRef(target.text("name"), target.at()))
            .toList(),
        constraint(spec.objectOrNull("retryConstraint")),
        RouteSchemas.session(spec.objectOrNull("sessionPersistence")));
  }

  private static @Nullable RetryConstraint constraint(@Nullable View constraint) {
    if (constraint == null) {
      return null;
    }
    View budget = constraint.object("budget");
    View floor = constraint.object("minRetryRate");
    return new RetryConstraint(
        budget.number("percent"),
        budget.duration("interval"),
        floor.number("count"),
        floor.duration("interval"));
  }
}
