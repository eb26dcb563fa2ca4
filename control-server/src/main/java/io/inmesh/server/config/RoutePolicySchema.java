package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.RoutePolicySpec.Retry;
import io.inmesh.server.config.RoutePolicySpec.RetryAfter;
import io.inmesh.server.config.RoutePolicySpec.TargetRef;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Ours: {@code RoutePolicy}. */
final class RoutePolicySchema {

  private static final ObjectSchema TARGET_REF =
      object("TargetRef")
          .optional("group", text(Formats.GROUP), "follows from the kind if left out")
          .required(
              "kind",
              oneOf("HTTPRoute", "GRPCRoute", "VirtualService", "Service"),
              "what it applies to")
          .required("name", text().length(1, 253), "in the policy's namespace")
          .optional("sectionName", text(Formats.DNS_SUBDOMAIN), "the name of one rule of a route")
          .rule(
              (target, check) -> {
                String expected = groupOf(target.text("kind"));
                if (target.has("group") && !RouteSchemas.group(target).equals(expected)) {
                  target.report(
                      FindingCode.NOT_ALLOWED,
                      "group",
                      target.text("kind") + " is not in group " + Words.quote(target.text("group")),
                      "expected '" + expected + "'");
                }
                if (target.has("sectionName") && target.text("kind").equals("Service")) {
                  target.report(
                      FindingCode.CONTRADICTION,
                      "sectionName",
                      "a Service has no rules to name",
                      "remove sectionName");
                }
              });

  private static final ObjectSchema RETRY =
      object("Retry")
          .optional("attempts", number(0, 20), "2", "retries at most; 0 switches all retries off")
          .optional(
              "on",
              list(text(RetryTokens.FORMAT), 1, RetryTokens.ALL.size()),
              "`" + String.join("`, `", RetryTokens.ALL) + "`")
          .optional(
              "conditions",
              list(text().length(1, 256), 1, 16),
              "that applications bring; a response is retried if one of them says so, too")
          .optional("codes", list(number(400, 599), 1, 64), "further HTTP statuses")
          .optional(
              "backoff",
              object("Backoff")
                  .optional("base", duration(), "scale of the first wait; 25ms if left out")
                  .optional("max", duration(), "the longest wait; ten times `base` if left out")
                  .rule((backoff, check) -> RouteSchemas.order(backoff, "base", "max")),
              "exponential, with full jitter")
          .optional("perTryIdle", duration(), "how long an attempt may be silent")
          .optional(
              "retryAfter",
              object("RetryAfter")
                  .optional(
                      "headers",
                      list(text(Formats.HEADER_NAME), 1, 8),
                      "response headers with seconds to wait; `Retry-After` if left out")
                  .optional("max", duration(), "5m", "longer waits are not obeyed"),
              "lets servers say when to come back")
          .rule(
              (retry, check) -> {
                if (retry.number("attempts") == 0
                    && (retry.has("on") || retry.has("codes") || retry.has("conditions"))) {
                  retry.report(
                      FindingCode.INEFFECTIVE,
                      "attempts",
                      "attempts 0 switches retries off, whatever on, codes and conditions say",
                      "");
                }
              });

  private static final ObjectSchema SPEC =
      EndpointPolicySchema.fields(CallRulesSchema.addTo(object("RoutePolicySpec")))
          .optional(
              "targetRefs",
              list(TARGET_REF, 1, 16),
              "routes, rules or services; none if only ExtensionRef filters name it")
          .optional(
              "timeout",
              duration(),
              "from the end of the request to that of the response, retries included; 0s for none")
          .optional("perTryTimeout", duration(), "of each attempt; 0s for none")
          .optional(
              "idleTimeout",
              duration(),
              "of requests on which nothing moves; 0s, the default: none")
          .optional(
              "maxStreamDuration",
              duration(),
              "from the beginning of the request to the end of the response; 0s, the default: none")
          .optional(
              "grpcTimeoutHeaderMax",
              duration(),
              "bounds the deadline that a gRPC call brings, in place of `maxStreamDuration`; 0s: it"
                  + " counts as it is")
          .optional(
              "grpcTimeoutHeaderOffset",
              duration(),
              "subtracted from that deadline; needs `grpcTimeoutHeaderMax`")
          .optional("retry", RETRY, "what is sent again")
          .optional(
              "allowNonIdempotent",
              BooleanSchema.BOOLEAN,
              "false",
              "also requests that may have been processed and are not idempotent")
          .rule((spec, check) -> RouteSchemas.order(spec, "perTryTimeout", "timeout"))
          .rule((spec, check) -> RouteSchemas.order(spec, "timeout", "maxStreamDuration"))
          .rule(
              (spec, check) -> {
                if (spec.has("grpcTimeoutHeaderOffset") && !spec.has("grpcTimeoutHeaderMax")) {
                  spec.report(
                      FindingCode.INEFFECTIVE,
                      "grpcTimeoutHeaderOffset",
                      "has an effect only with grpcTimeoutHeaderMax",
                      "add grpcTimeoutHeaderMax: 0s to take deadlines as they are");
                }
              })
          .rule(
              (spec, check) -> {
                if (spec.node().entries().size() == (spec.has("targetRefs") ? 1 : 0)) {
                  spec.report(FindingCode.INEFFECTIVE, "the policy says nothing", "");
                }
                RouteSchemas.unique(spec.objects("targetRefs"), "target", RoutePolicySchema::id);
                onlyOfServices(
                    spec,
                    "idempotencyKeys",
                    "servers know keys for all routes of a Service or for none");
                onlyOfServices(
                    spec, "connections", "a connection carries the requests of all routes");
              });

  static final KindSchema KIND =
      new KindSchema(Kind.ROUTE_POLICY, Formats.DNS_SUBDOMAIN, SPEC, RoutePolicySchema::read);

  private RoutePolicySchema() {}

  private static void onlyOfServices(View spec, String field, String why) {
    if (spec.has(field)
        && spec.objects("targetRefs").stream()
            .anyMatch(target -> !target.text("kind").equals("Service"))) {
      spec.report(FindingCode.CONTRADICTION, field, why, "name the Service in targetRefs");
    }
  }

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  private static String groupOf(String kind) {
    return switch (kind) {
      case "Service" -> "";
      case "VirtualService" -> Kind.VIRTUAL_SERVICE.group();
      default -> Kind.HTTP_ROUTE.group();
    };
  }

  private static String id(View target) {
    String section = target.textOrEmpty("sectionName");
    return target.text("kind")
        + " "
        + target.text("name")
        + (section.isEmpty() ? "" : "#" + section);
  }

  private static Spec read(View spec, String namespace) {
    View retry = spec.objectOrNull("retry");
    return new RoutePolicySpec(
        spec.objects("targetRefs").stream().map(RoutePolicySchema::target).toList(),
        spec.durationOrNull("timeout"),
        spec.durationOrNull("perTryTimeout"),
        spec.durationOrNull("idleTimeout"),
        new StreamLimits(
            spec.durationOrNull("maxStreamDuration"),
            spec.durationOrNull("grpcTimeoutHeaderMax"),
            spec.durationOrNull("grpcTimeoutHeaderOffset")),
        retry == null ? null : retry(retry),
        spec.flag("allowNonIdempotent"),
        CallRulesSchema.read(spec, namespace),
        EndpointPolicySchema.read(spec, namespace));
  }

  private static TargetRef target(View target) {
    return new TargetRef(
        groupOf(target.text("kind")),
        target.text("kind"),
        target.text("name"),
        target.textOrNull("sectionName"),
        target.at());
  }

  private static @Nullable RetryAfter retryAfter(@Nullable View after) {
    if (after == null) {
      return null;
    }
    List<String> headers = after.texts("headers");
    return new RetryAfter(
        headers.isEmpty() ? List.of("retry-after") : headers, after.duration("max"));
  }

  private static Retry retry(View retry) {
    View backoff = retry.object("backoff");
    Duration base = backoff.durationOrNull("base");
    return new Retry(
        retry.number("attempts"),
        retry.texts("on"),
        retry.texts("conditions"),
        retry.numbers("codes"),
        base,
        backoff.durationOrNull("max"),
        retry.durationOrNull("perTryIdle"),
        retryAfter(retry.objectOrNull("retryAfter")),
        retry.at());
  }
}
