package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.CallRules.Concurrency;
import io.inmesh.server.config.CallRules.Connections;
import io.inmesh.server.config.CallRules.CustomFilter;
import io.inmesh.server.config.CallRules.Fault;
import io.inmesh.server.config.CallRules.Hedge;
import io.inmesh.server.config.CallRules.IdempotencyKeys;
import io.inmesh.server.config.CallRules.Mirror;
import io.inmesh.server.config.CallRules.Rate;
import io.inmesh.server.config.CallRules.RateDescriptor;
import io.inmesh.server.config.CallRules.RateEntry;
import io.inmesh.server.config.CallRules.RateEntry.By;
import io.inmesh.server.config.CallRules.RateLimit;
import io.inmesh.server.config.CallRules.ResponseClass;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The part of {@code RoutePolicy} about calls beyond timeouts and retries. */
final class CallRulesSchema {
  private static final ObjectSchema HEDGE =
      object("Hedge")
          .optional("maxAttempts", number(2, 5), "2", "in flight for one call")
          .optional("delay", duration(), "until the next attempt joins")
          .optional(
              "percentile",
              number(1, 99),
              "of recent latencies, which is then the delay; `delay` serves until it is known")
          .optional("budgetPercent", number(1, 100), "5", "hedges in percent of calls")
          .optional(
              "onPerTryTimeout",
              BooleanSchema.BOOLEAN,
              "false",
              "a retry joins an attempt that exceeds `perTryTimeout`, which goes on; in place of"
                  + " the others")
          .rule(
              (hedge, check) -> {
                boolean byTime = hedge.has("delay") || hedge.has("percentile");
                if (hedge.flag("onPerTryTimeout") && byTime) {
                  hedge.report(
                      FindingCode.CONTRADICTION,
                      "onPerTryTimeout",
                      "onPerTryTimeout excludes delay and percentile",
                      "");
                } else if (!hedge.flag("onPerTryTimeout") && !byTime) {
                  hedge.report(
                      FindingCode.REQUIRED, "delay", "missing", "give a delay or a percentile");
                }
                for (String field : List.of("maxAttempts", "budgetPercent")) {
                  if (hedge.flag("onPerTryTimeout") && hedge.has(field)) {
                    hedge.report(
                        FindingCode.INEFFECTIVE,
                        field,
                        "has no effect with onPerTryTimeout, which the limits of retries hold for",
                        "");
                  }
                }
              });

  private static final ObjectSchema DELAY =
      object("FaultDelay")
          .required("duration", duration(), "how long requests wait")
          .optional("percent", number(0, 100), "100", "of requests");

  private static final ObjectSchema ABORT =
      object("FaultAbort")
          .optional("httpStatus", number(200, 599), "")
          .optional("grpcStatus", number(0, 16), "")
          .optional("percent", number(0, 100), "100", "of requests")
          .rule(
              (abort, check) -> {
                if (abort.has("httpStatus") == abort.has("grpcStatus")) {
                  abort.report(
                      FindingCode.CONTRADICTION,
                      "give exactly one of httpStatus and grpcStatus",
                      "");
                }
              });

  private static final ObjectSchema FAULT =
      object("Fault")
          .optional("delay", DELAY, "")
          .optional("abort", ABORT, "")
          .optional(
              "byHeader",
              BooleanSchema.BOOLEAN,
              "false",
              "callers ask for faults by `x-envoy-fault-*` headers; excludes the others")
          .optional("maxActive", number(0, Integer.MAX_VALUE), "at once; any number if left out")
          .rule(
              (fault, check) -> {
                boolean fixed = fault.has("delay") || fault.has("abort");
                if (fault.flag("byHeader") == fixed) {
                  fault.report(
                      fixed ? FindingCode.CONTRADICTION : FindingCode.REQUIRED,
                      fixed
                          ? "byHeader and fixed faults exclude one another"
                          : "give delay, abort or byHeader",
                      "");
                }
              });

  private static final ObjectSchema RATE = rate("Rate");

  private static final List<String> ENTRY_KINDS =
      List.of("header", "query", "method", "path", "caller");

  private static final ObjectSchema ENTRY =
      object("RateLimitEntry")
          .optional("header", text(Formats.HEADER_NAME).length(1, 256), "name of a header")
          .optional("query", text().length(1, 256), "name of a query parameter")
          .optional("value", text().length(1, 1024), "of `header` or `query`; each if left out")
          .optional(
              "method",
              oneOf("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"),
              "requests with this one")
          .optional(
              "path", text(Formats.ABSOLUTE_PATH).length(1, 1024), "this path and what is below it")
          .optional("caller", BooleanSchema.BOOLEAN, "false", "each caller, by its identity")
          .rule(
              (entry, check) -> {
                long kinds = ENTRY_KINDS.stream().filter(entry::has).count();
                if (kinds != 1) {
                  entry.report(
                      FindingCode.CONTRADICTION,
                      "expected exactly one of " + Words.or(ENTRY_KINDS),
                      "");
                } else if (entry.has("value") && !entry.has("header") && !entry.has("query")) {
                  entry.report(
                      FindingCode.CONTRADICTION, "value", "belongs to header or query", "");
                } else if (entry.has("caller") && !entry.flag("caller")) {
                  entry.report(FindingCode.INEFFECTIVE, "caller", "false says nothing", "");
                }
              });

  private static final ObjectSchema DESCRIPTOR =
      rate("RateLimitDescriptor")
          .required(
              "entries",
              list(ENTRY, 1, 8),
              "requests that all of them are about; each value that one leaves open has the rate"
                  + " for itself");

  private static final ObjectSchema RATE_LIMIT =
      object("RateLimit")
          .optional("requests", number(1, Integer.MAX_VALUE), "within `per`, of all callers")
          .optional("per", duration(), "1s", "at least 50ms")
          .optional("burst", number(1, Integer.MAX_VALUE), "saved up; `requests` if left out")
          .optional("perCaller", RATE, "of each caller, by its identity")
          .optional(
              "descriptors",
              list(DESCRIPTOR, 1, 16),
              "of some requests; a request needs a place in each that is about it")
          .optional("headers", BooleanSchema.BOOLEAN, "false", "adds `x-ratelimit-*` to responses")
          .rule(CallRulesSchema::checkPeriod)
          .rule(
              (limit, check) -> {
                if (Stream.of("requests", "perCaller", "descriptors").noneMatch(limit::has)) {
                  limit.report(
                      FindingCode.REQUIRED,
                      "requests",
                      "missing",
                      "give requests, perCaller or descriptors");
                }
              });

  private static final ObjectSchema CONCURRENCY =
      object("Concurrency")
          .optional("maxInFlight", number(1, Integer.MAX_VALUE), "requests at once")
          .optional("adaptive", BooleanSchema.BOOLEAN, "false", "a limit that follows the latency")
          .optional(
              "throttle",
              BooleanSchema.BOOLEAN,
              "false",
              "callers send less while more than 5 % of their requests fail")
          .rule(
              (limit, check) -> {
                if (!limit.has("maxInFlight")
                    && !limit.flag("adaptive")
                    && !limit.flag("throttle")) {
                  limit.report(
                      FindingCode.INEFFECTIVE,
                      "says nothing",
                      "give maxInFlight, adaptive or throttle");
                }
              });

  private static final ObjectSchema MIRROR =
      object("Mirror")
          .required("backendRef", RouteSchemas.BACKEND, "where the copy goes")
          .optional("percent", number(0, 100), "100", "of requests");

  private static final ObjectSchema RESPONSES =
      object("ResponseClass")
          .optional("from", number(100, 599), "first HTTP status")
          .optional("to", number(100, 599), "last HTTP status; `from` if left out")
          .optional("grpcStatuses", list(number(0, 16), 1, 17), "")
          .required("failure", BooleanSchema.BOOLEAN, "whether they are failures")
          .rule(
              (one, check) -> {
                if (!one.has("from") && !one.has("grpcStatuses")) {
                  one.report(FindingCode.REQUIRED, "from", "missing", "or give grpcStatuses");
                }
                if (one.has("to") && one.has("from") && one.number("to") < one.number("from")) {
                  one.report(FindingCode.OUT_OF_RANGE, "to", "is less than from", "");
                }
              });

  private static final ObjectSchema KEYS =
      object("IdempotencyKeys")
          .optional("ttl", duration(), "10m", "how long a response is kept")
          .optional("maxEntries", number(1, 10_000_000), "10000", "responses at most")
          .optional("maxResponseBytes", number(1, 16 << 20), "262144", "larger ones are not kept");

  private static final ObjectSchema FILTER =
      object("CustomFilter")
          .required("type", text().length(1, 256), "as applications registered it")
          .optional("settings", AnySchema.MAPPING, "for the filter")
          .optional(
              "optional",
              BooleanSchema.BOOLEAN,
              "false",
              "processes that do not have it go on without it; else they keep what was before");

  private static final ObjectSchema CONNECTIONS =
      object("ServerConnections")
          .optional(
              "idleTimeout",
              duration(),
              "without requests; then the connection is closed. 75s over HTTP, none over gRPC")
          .optional(
              "maxDuration",
              duration(),
              "then the connection takes no new requests (GOAWAY, `Connection: close`), up to a"
                  + " tenth earlier; none")
          .optional(
              "maxConcurrentStreams",
              number(1, Integer.MAX_VALUE),
              "requests at a time over HTTP/2; 1024 over HTTP, any number over gRPC")
          .optional(
              "headersTimeout", duration(), "for the head of an HTTP/1.1 request to arrive; 10s")
          .optional(
              "requestTimeout",
              duration(),
              "for a whole HTTP request to arrive unless it is answered before, else 408; none")
          .optional(
              "streamIdleTimeout",
              duration(),
              "how long a peer neither sends nor takes anything of an HTTP request, else 408; 5m")
          .rule(
              (connections, check) -> {
                if (connections.node().entries().isEmpty()) {
                  connections.report(FindingCode.INEFFECTIVE, "nothing is limited", "");
                }
              });

  private CallRulesSchema() {}

  private static ObjectSchema rate(String name) {
    return object(name)
        .required("requests", number(1, Integer.MAX_VALUE), "within `per`")
        .optional("per", duration(), "1s", "at least 50ms")
        .optional("burst", number(1, Integer.MAX_VALUE), "saved up; `requests` if left out")
        .rule(CallRulesSchema::checkPeriod);
  }

  private static void checkPeriod(View rate, Check check) {
    if (rate.duration("per").compareTo(Duration.ofMillis(50)) < 0) {
      rate.report(FindingCode.OUT_OF_RANGE, "per", "must be at least 50ms", "");
    }
  }

  private static TextSchema duration() {
    return text(Formats.DURATION_FORMAT);
  }

  /** Adds the fields to a policy. */
  static ObjectSchema addTo(ObjectSchema policy) {
    return policy
        .optional("hedge", HEDGE, "a further attempt joins one that does not answer")
        .optional("fault", FAULT, "injected delays and failures")
        .optional(
            "rateLimit",
            RATE_LIMIT,
            "of each calling process; of a Service, of each of its servers")
        .optional(
            "concurrency",
            CONCURRENCY,
            "of each calling process; of a Service, of each of its servers")
        .optional("mirrors", list(MIRROR, 1, 8), "copies of requests whose answers are ignored")
        .optional("success", list(RESPONSES, 1, 32), "what responses mean, the first that applies")
        .optional(
            "idempotencyKeys", KEYS, "requests with the same `idempotency-key` are executed once")
        .optional(
            "filters",
            list(FILTER, 1, 16),
            "that applications bring: in callers; of a Service, in its servers")
        .optional(
            "hashKey",
            text().length(1, 256),
            "that applications bring, for ring hash and Maglev; goes before what a"
                + " DestinationRule hashes by")
        .optional(
            "highPriority",
            BooleanSchema.BOOLEAN,
            "false",
            "calls that the limits of a DestinationRule's `connectionPool` do not hold back")
        .optional(
            "connections",
            CONNECTIONS,
            "that servers of a Service accept from now on; 0s: no limit, else as servers have it")
        .rule(
            (spec, check) ->
                RouteSchemas.unique(spec.objects("filters"), "filter", one -> one.text("type")))
        .rule(
            (spec, check) -> {
              View hedge = spec.objectOrNull("hedge");
              if (hedge != null
                  && hedge.flag("onPerTryTimeout")
                  && !(spec.has("perTryTimeout") && spec.has("retry"))) {
                hedge.report(
                    FindingCode.INEFFECTIVE,
                    "onPerTryTimeout",
                    "has an effect only with perTryTimeout and retry",
                    "");
              }
              if (hedge != null
                  && hedge.has("delay")
                  && spec.has("timeout")
                  && !spec.duration("timeout").isZero()
                  && hedge.duration("delay").compareTo(spec.duration("timeout")) >= 0) {
                hedge.report(FindingCode.INEFFECTIVE, "delay", "is not shorter than timeout", "");
              }
            });
  }

  static CallRules read(View spec, String namespace) {
    return new CallRules(
        hedge(spec.objectOrNull("hedge")),
        fault(spec.objectOrNull("fault")),
        rateLimit(spec.objectOrNull("rateLimit")),
        concurrency(spec.objectOrNull("concurrency")),
        spec.objects("mirrors").stream().map(mirror -> mirror(mirror, namespace)).toList(),
        spec.objects("success").stream().map(CallRulesSchema::responses).toList(),
        keys(spec.objectOrNull("idempotencyKeys")),
        spec.objects("filters").stream().map(CallRulesSchema::filter).toList(),
        spec.textOrNull("hashKey"),
        spec.flag("highPriority"),
        connections(spec.objectOrNull("connections")));
  }

  private static CustomFilter filter(View filter) {
    return new CustomFilter(filter.text("type"), filter.json("settings"), filter.flag("optional"));
  }

  private static @Nullable Hedge hedge(@Nullable View hedge) {
    return hedge == null
        ? null
        : new Hedge(
            hedge.number("maxAttempts"),
            hedge.durationOrNull("delay"),
            or(hedge.numberOrNull("percentile"), 0),
            hedge.number("budgetPercent"),
            hedge.flag("onPerTryTimeout"));
  }

  private static @Nullable Fault fault(@Nullable View fault) {
    if (fault == null) {
      return null;
    }
    View delay = fault.objectOrNull("delay");
    View abort = fault.objectOrNull("abort");
    return new Fault(
        delay == null ? null : delay.duration("duration"),
        delay == null ? 0 : delay.number("percent"),
        abort == null ? 0 : or(abort.numberOrNull("httpStatus"), 0),
        abort == null ? -1 : or(abort.numberOrNull("grpcStatus"), -1),
        abort == null ? 0 : abort.number("percent"),
        fault.flag("byHeader"),
        or(fault.numberOrNull("maxActive"), -1));
  }

  private static @Nullable RateLimit rateLimit(@Nullable View limit) {
    if (limit == null) {
      return null;
    }
    View perCaller = limit.objectOrNull("perCaller");
    return new RateLimit(
        limit.has("requests") ? readRate(limit) : null,
        perCaller == null ? null : readRate(perCaller),
        limit.objects("descriptors").stream()
            .map(
                one ->
                    new RateDescriptor(
                        one.objects("entries").stream().map(CallRulesSchema::entry).toList(),
                        readRate(one)))
            .toList(),
        limit.flag("headers"));
  }

  private static RateEntry entry(View entry) {
    String value = entry.textOrNull("value");
    if (entry.has("header")) {
      return new RateEntry(By.HEADER, entry.text("header").toLowerCase(Locale.ROOT), value);
    }
    if (entry.has("query")) {
      return new RateEntry(By.QUERY, entry.text("query"), value);
    }
    if (entry.has("method")) {
      return new RateEntry(By.METHOD, "", entry.text("method"));
    }
    return entry.has("path")
        ? new RateEntry(By.PATH, "", entry.text("path"))
        : new RateEntry(By.CALLER, "", null);
  }

  private static Rate readRate(View rate) {
    int requests = rate.number("requests");
    return new Rate(requests, rate.duration("per"), or(rate.numberOrNull("burst"), requests));
  }

  private static @Nullable Concurrency concurrency(@Nullable View limit) {
    return limit == null
        ? null
        : new Concurrency(
            or(limit.numberOrNull("maxInFlight"), 0),
            limit.flag("adaptive"),
            limit.flag("throttle"));
  }

  private static Mirror mirror(View mirror, String namespace) {
    return new Mirror(
        RouteSchemas.backend(mirror.object("backendRef"), namespace, 0, List.of()),
        mirror.number("percent"));
  }

  private static ResponseClass responses(View one) {
    int from = or(one.numberOrNull("from"), 0);
    return new ResponseClass(
        from, or(one.numberOrNull("to"), from), one.numbers("grpcStatuses"), one.flag("failure"));
  }

  private static @Nullable IdempotencyKeys keys(@Nullable View keys) {
    return keys == null
        ? null
        : new IdempotencyKeys(
            keys.duration("ttl"), keys.number("maxEntries"), keys.number("maxResponseBytes"));
  }

  private static @Nullable Connections connections(@Nullable View limits) {
    return limits == null
        ? null
        : new Connections(
            limits.durationOrNull("idleTimeout"),
            limits.durationOrNull("maxDuration"),
            or(limits.numberOrNull("maxConcurrentStreams"), 0),
            limits.durationOrNull("headersTimeout"),
            limits.durationOrNull("requestTimeout"),
            limits.durationOrNull("streamIdleTimeout"));
  }

  private static int or(@Nullable Integer value, int otherwise) {
    return value == null ? otherwise : value;
  }
}
