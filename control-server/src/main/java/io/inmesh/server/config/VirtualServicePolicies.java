package io.inmesh.server.config;

import static io.inmesh.server.config.DecimalSchema.decimal;
import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.RouteFilter.Header;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import io.inmesh.server.config.VirtualServiceSpec.HostRef;
import io.inmesh.server.config.VirtualServiceSpec.Mirror;
import io.inmesh.server.config.VirtualServiceSpec.Policy;
import io.inmesh.server.config.VirtualServiceSpec.Retries;
import io.inmesh.server.config.VirtualServiceSpec.Rewrite;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a rule of a {@code VirtualService} says besides where requests go. */
final class VirtualServicePolicies {
  private static final List<String> GRPC_STATUSES =
      List.of(
          "OK",
          "CANCELLED",
          "UNKNOWN",
          "INVALID_ARGUMENT",
          "DEADLINE_EXCEEDED",
          "NOT_FOUND",
          "ALREADY_EXISTS",
          "PERMISSION_DENIED",
          "RESOURCE_EXHAUSTED",
          "FAILED_PRECONDITION",
          "ABORTED",
          "OUT_OF_RANGE",
          "UNIMPLEMENTED",
          "INTERNAL",
          "UNAVAILABLE",
          "DATA_LOSS",
          "UNAUTHENTICATED");

  static final ObjectSchema DESTINATION =
      object("Destination")
          .required("host", text(Formats.HOSTNAME).length(1, 253), "a service; short names too")
          .optional("subset", text(Formats.DNS_LABEL), "of the host's DestinationRule")
          .optional(
              "port",
              object("PortSelector").required("number", NumberSchema.port(), "of the host"),
              "if left out the host's only port, else the one called");

  private static final ObjectSchema OPERATIONS =
      object("HeaderOperations")
          .optional("set", headers(), "replaces the header")
          .optional("add", headers(), "appends another value")
          .optional("remove", list(text(Formats.HEADER_NAME), 64), "removes the header");

  static final ObjectSchema HEADERS =
      object("Headers")
          .optional("request", OPERATIONS, "before the request is sent")
          .optional("response", OPERATIONS, "before the caller sees the response");

  private static final ObjectSchema PERCENT =
      object("Percent").optional("value", decimal(0, 100), "0", "of requests, fractions too");

  private static final ObjectSchema REWRITE =
      object("HTTPRewrite")
          .optional("uri", text().length(1, 1024), "in place of the matched prefix or path")
          .optional("authority", text(Formats.AUTHORITY), "the Host header")
          .optional(
              "uriRegexRewrite",
              object("RegexRewrite")
                  .required("match", text().length(1, 1024), "RE2")
                  .required("rewrite", text().length(0, 1024), "may name groups: `\\1`")
                  .rule((regex, check) -> RouteSchemas.regex(regex, "match")),
              "of what matches in the path; excludes `uri`")
          .rule(
              (rewrite, check) -> {
                if (rewrite.has("uri") && rewrite.has("uriRegexRewrite")) {
                  rewrite.report(
                      FindingCode.CONTRADICTION,
                      "uriRegexRewrite",
                      "uri and uriRegexRewrite exclude one another",
                      "");
                }
              });

  private static final ObjectSchema RETRIES =
      object("HTTPRetry")
          .optional("attempts", number(0, 20), "2", "retries at most; 0: none")
          .optional("perTryTimeout", duration(), "of each attempt")
          .optional(
              "retryOn",
              text(RetryTokens.LIST).length(0, 1024),
              "conditions and statuses between commas; `connect-failure`, `refused-stream`, "
                  + "`unavailable`, `cancelled` if left out")
          .optional("retryRemoteLocalities", BooleanSchema.BOOLEAN, "false", "other priorities too")
          .optional(
              "retryIgnorePreviousHosts", BooleanSchema.BOOLEAN, "true", "on another host if any")
          .optional("backoff", duration(), "scale of the first wait; 25ms if left out");

  private static final ObjectSchema DELAY =
      object("Delay")
          .required("fixedDelay", duration(), "how long requests wait")
          .optional("percentage", PERCENT, "all if left out")
          .optional("percent", number(0, 100), "the old form of `percentage`");

  private static final ObjectSchema ABORT =
      object("Abort")
          .optional("httpStatus", number(200, 599), "")
          .optional("grpcStatus", TextSchema.oneOf(GRPC_STATUSES.toArray(String[]::new)), "")
          .optional("percentage", PERCENT, "all if left out")
          .rule(
              (abort, check) -> {
                if (abort.has("httpStatus") == abort.has("grpcStatus")) {
                  abort.report(
                      FindingCode.CONTRADICTION,
                      "give exactly one of httpStatus and grpcStatus",
                      "");
                }
              });

  private static final ObjectSchema MIRROR =
      object("HTTPMirrorPolicy")
          .required("destination", DESTINATION, "where the copy goes")
          .optional("percentage", PERCENT, "all if left out");

  private static final ObjectSchema CORS =
      object("CorsPolicy")
          .optional(
              "allowOrigins",
              list(VirtualServiceMatches.STRING_MATCH, 64),
              "whose pages may use the service")
          .optional(
              "allowOrigin", list(text().length(1, 253), 64), "the old form of `allowOrigins`")
          .optional("allowMethods", list(text(Formats.HEADER_NAME).length(1, 16), 16), "")
          .optional("allowHeaders", list(text(Formats.HEADER_NAME), 64), "that pages may send")
          .optional("exposeHeaders", list(text(Formats.HEADER_NAME), 64), "that pages may read")
          .optional("maxAge", duration(), "browsers remember the answer")
          .optional("allowCredentials", BooleanSchema.BOOLEAN, "false", "cookies, for example")
          .optional(
              "unmatchedPreflights",
              TextSchema.oneOf("UNSPECIFIED", "FORWARD", "IGNORE"),
              "FORWARD",
              "preflight requests of other origins");

  private VirtualServicePolicies() {}

  private static TextSchema duration() {
    return text(Formats.ISTIO_DURATION);
  }

  private static MapSchema headers() {
    return MapSchema.map(Formats.HEADER_NAME, text(Formats.HEADER_FORMAT).length(0, 4096), 64);
  }

  /** Adds the fields to a rule. */
  static ObjectSchema addTo(ObjectSchema rule) {
    return rule.optional("rewrite", REWRITE, "of path and host")
        .optional("timeout", duration(), "retries included; none if left out")
        .optional("retries", RETRIES, "what is sent again")
        .optional(
            "fault",
            object("HTTPFaultInjection").optional("delay", DELAY, "").optional("abort", ABORT, ""),
            "injected delays and failures")
        .optional("mirror", DESTINATION, "gets copies; excludes `mirrors`")
        .optional("mirrorPercentage", PERCENT, "of requests; all if left out")
        .optional("mirrors", list(MIRROR, 1, 8), "several of them")
        .optional("headers", HEADERS, "changes, for all destinations")
        .optional("corsPolicy", CORS, "servers tell browsers")
        .rule(VirtualServicePolicies::check);
  }

  private static void check(View rule, Check check) {
    if (rule.has("mirror") && rule.has("mirrors")) {
      rule.report(
          FindingCode.CONTRADICTION, "mirrors", "mirror and mirrors exclude one another", "");
    }
    if (rule.has("mirrorPercentage") && !rule.has("mirror")) {
      rule.report(
          FindingCode.INEFFECTIVE, "mirrorPercentage", "there is no mirror it could be for", "");
    }
    View retries = rule.object("retries");
    java.time.Duration timeout = rule.durationOrNull("timeout");
    java.time.Duration perTry = retries.durationOrNull("perTryTimeout");
    if (timeout != null && perTry != null && !timeout.isZero() && perTry.compareTo(timeout) > 0) {
      check.report(
          FindingCode.TIME_ORDER,
          Finding.Level.WARNING,
          retries.path().field("perTryTimeout"),
          retries.at("perTryTimeout"),
          "perTryTimeout "
              + retries.text("perTryTimeout")
              + " is longer than timeout "
              + rule.text("timeout")
              + ", which ends the request first",
          "");
    }
  }

  static Policy read(View rule) {
    View headers = rule.object("headers");
    return new Policy(
        rewrite(rule.objectOrNull("rewrite")),
        rule.durationOrNull("timeout"),
        retries(rule.objectOrNull("retries")),
        fault(rule.objectOrNull("fault")),
        mirrors(rule),
        changes(headers.objectOrNull("request")),
        changes(headers.objectOrNull("response")),
        cors(rule.objectOrNull("corsPolicy")));
  }

  private static @Nullable CorsRules cors(@Nullable View cors) {
    if (cors == null) {
      return null;
    }
    List<VirtualServiceSpec.Text> origins = new ArrayList<>();
    cors.objects("allowOrigins").forEach(one -> origins.add(VirtualServiceMatches.string(one)));
    cors.texts("allowOrigin")
        .forEach(one -> origins.add(new VirtualServiceSpec.Text(ValueMatch.Type.EXACT, one)));
    return new CorsRules(
        origins,
        cors.texts("allowMethods"),
        cors.texts("allowHeaders"),
        cors.texts("exposeHeaders"),
        cors.durationOrNull("maxAge"),
        cors.flag("allowCredentials"),
        !cors.text("unmatchedPreflights").equals("IGNORE"));
  }

  static HostRef destination(View destination) {
    View port = destination.objectOrNull("port");
    return new HostRef(
        destination.text("host"),
        destination.textOrEmpty("subset"),
        port == null ? null : Integer.valueOf(port.number("number")),
        destination.at());
  }

  static @Nullable HeaderChanges changes(@Nullable View operations) {
    return operations == null
        ? null
        : new HeaderChanges(
            headers(operations.map("set")),
            headers(operations.map("add")),
            operations.texts("remove"));
  }

  private static List<Header> headers(Map<String, String> values) {
    return values.entrySet().stream()
        .map(header -> new Header(header.getKey(), header.getValue()))
        .toList();
  }

  private static @Nullable Rewrite rewrite(@Nullable View rewrite) {
    if (rewrite == null) {
      return null;
    }
    View regex = rewrite.objectOrNull("uriRegexRewrite");
    return new Rewrite(
        rewrite.textOrNull("uri"),
        rewrite.textOrNull("authority"),
        regex == null ? null : regex.text("match"),
        regex == null ? null : regex.text("rewrite"));
  }

  private static @Nullable Retries retries(@Nullable View retries) {
    if (retries == null) {
      return null;
    }
    List<String> on = new ArrayList<>();
    List<Integer> codes = new ArrayList<>();
    for (String token : RetryTokens.split(retries.textOrEmpty("retryOn"))) {
      if (RetryTokens.isStatus(token)) {
        codes.add(Integer.valueOf(token));
      } else if (!token.isEmpty()) {
        on.add(token);
      }
    }
    return new Retries(
        retries.number("attempts"),
        retries.durationOrNull("perTryTimeout"),
        on,
        codes,
        retries.flag("retryRemoteLocalities"),
        retries.flag("retryIgnorePreviousHosts"),
        retries.durationOrNull("backoff"));
  }

  private static CallRules.@Nullable Fault fault(@Nullable View fault) {
    if (fault == null) {
      return null;
    }
    View delay = fault.objectOrNull("delay");
    View abort = fault.objectOrNull("abort");
    Integer old = delay == null ? null : delay.numberOrNull("percent");
    Integer status = abort == null ? null : abort.numberOrNull("httpStatus");
    return new CallRules.Fault(
        delay == null ? null : delay.duration("fixedDelay"),
        delay == null ? 0 : percent(delay.objectOrNull("percentage"), old == null ? 100 : old),
        status == null ? 0 : status,
        abort == null ? -1 : GRPC_STATUSES.indexOf(abort.textOrEmpty("grpcStatus")),
        abort == null ? 0 : percent(abort.objectOrNull("percentage"), 100),
        false,
        -1);
  }

  private static double percent(@Nullable View percent, double otherwise) {
    return percent == null ? otherwise : percent.decimal("value");
  }

  private static List<Mirror> mirrors(View rule) {
    List<Mirror> mirrors = new ArrayList<>();
    View single = rule.objectOrNull("mirror");
    if (single != null) {
      double percent = percent(rule.objectOrNull("mirrorPercentage"), 100);
      mirrors.add(new Mirror(destination(single), percent, "/mirror"));
    }
    for (View mirror : rule.objects("mirrors")) {
      mirrors.add(
          new Mirror(
              destination(mirror.object("destination")),
              percent(mirror.objectOrNull("percentage"), 100),
              "/mirrors/" + mirrors.size() + "/destination"));
    }
    return mirrors;
  }
}
