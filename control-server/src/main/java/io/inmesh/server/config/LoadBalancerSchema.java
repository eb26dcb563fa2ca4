package io.inmesh.server.config;

import static io.inmesh.server.config.DecimalSchema.decimal;
import static io.inmesh.server.config.NumberSchema.number;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;
import static io.inmesh.server.config.TextSchema.text;

import io.inmesh.server.config.TrafficPolicySpec.Algorithm;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import io.inmesh.server.config.TrafficPolicySpec.Cookie;
import io.inmesh.server.config.TrafficPolicySpec.LoadBalancer;
import io.inmesh.server.config.TrafficPolicySpec.Warmup;
import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Istio's {@code LoadBalancerSettings}. */
final class LoadBalancerSchema {
  private static final int MAGLEV = 65_537;
  private static final int MAX_MAGLEV = 5_000_011;
  private static final int MAX_RING = 8 << 20;
  private static final List<String> KEYS =
      List.of("httpHeaderName", "httpCookie", "useSourceIp", "httpQueryParameterName");

  private static final ObjectSchema COOKIE =
      object("HTTPCookie")
          .required("name", text(Formats.HEADER_NAME).length(1, 256), "of the cookie")
          .optional("path", text().length(0, 1024), "it is set for")
          .optional(
              "ttl",
              text(Formats.DURATION_FORMAT),
              "it is generated and lives so long where it is missing; 0s: for the session")
          .rule(
              (cookie, check) -> {
                if (cookie.has("path") && !cookie.has("ttl")) {
                  cookie.report(
                      FindingCode.INEFFECTIVE, "path", "without ttl no cookie is set", "");
                }
              });

  private static final ObjectSchema CONSISTENT_HASH =
      object("ConsistentHashLB")
          .optional("httpHeaderName", text(Formats.HEADER_NAME).length(1, 256), "the key")
          .optional("httpCookie", COOKIE, "the key")
          .optional("useSourceIp", BooleanSchema.BOOLEAN, "false", "the calling process is the key")
          .optional("httpQueryParameterName", text().length(1, 256), "the key")
          .optional("minimumRingSize", number(0, MAX_RING), "old form of `ringHash`")
          .optional(
              "ringHash",
              object("RingHash")
                  .optional(
                      "minimumRingSize",
                      number(0, MAX_RING),
                      "1024",
                      "places on the ring; stock gRPC clients use 4096 at most"),
              "the default")
          .optional(
              "maglev",
              object("Maglev")
                  .optional("tableSize", number(2, MAX_MAGLEV), Integer.toString(MAGLEV), "prime")
                  .rule(
                      (maglev, check) -> {
                        int size = maglev.number("tableSize");
                        if (!BigInteger.valueOf(size).isProbablePrime(40)) {
                          maglev.report(
                              FindingCode.OUT_OF_RANGE,
                              "tableSize",
                              size + " is not a prime number",
                              "the next one is " + BigInteger.valueOf(size).nextProbablePrime());
                        }
                      }),
              "instead of `ringHash`")
          .rule(LoadBalancerSchema::checkHash);

  private static final ObjectSchema WARMUP =
      object("WarmupConfiguration")
          .required("duration", text(Formats.DURATION_FORMAT), "until an endpoint has its share")
          .optional("minimumPercent", decimal(0, 100), "10", "of its share at the start")
          .optional("aggression", decimal(1, 1000), "1", "1 is linear, more is steeper at first");

  static final ObjectSchema SCHEMA =
      object("LoadBalancerSettings")
          .optional(
              "simple",
              oneOf(
                  "UNSPECIFIED",
                  "LEAST_CONN",
                  "LEAST_REQUEST",
                  "ROUND_ROBIN",
                  "RANDOM",
                  "PASSTHROUGH"),
              "least request if left out")
          .optional("consistentHash", CONSISTENT_HASH, "instead of `simple`")
          .optional("localityLbSetting", LocalitySchema.SCHEMA, "needs `outlierDetection`")
          .optional(
              "zoneAwareLbSetting",
              LocalitySchema.ZONE_AWARE,
              "callers stay in their zone as far as that has endpoints for all of its callers;"
                  + " callers are counted where they register")
          .optional("warmupDurationSecs", text(Formats.DURATION_FORMAT), "old form of `warmup`")
          .optional("warmup", WARMUP, "for ROUND_ROBIN and LEAST_REQUEST")
          .rule(LoadBalancerSchema::check);

  private LoadBalancerSchema() {}

  private static void checkHash(View hash, Check check) {
    List<String> written =
        KEYS.stream()
            .filter(key -> key.equals("useSourceIp") ? hash.flag(key) : hash.has(key))
            .toList();
    if (written.size() != 1) {
      hash.report(
          FindingCode.CONTRADICTION,
          written.isEmpty() ? "has no key" : "has several keys: " + String.join(", ", written),
          "expected exactly one of " + Words.or(KEYS));
    }
    if (hash.has("maglev") && (hash.has("ringHash") || hash.has("minimumRingSize"))) {
      hash.report(
          FindingCode.CONTRADICTION, "maglev", "maglev and ringHash exclude one another", "");
    }
    if (hash.has("ringHash") && hash.has("minimumRingSize")) {
      hash.report(
          FindingCode.INEFFECTIVE, "ringHash", "minimumRingSize, its old form, goes before it", "");
    }
  }

  private static void check(View balancer, Check check) {
    if (balancer.has("simple") && balancer.has("consistentHash")) {
      balancer.report(
          FindingCode.CONTRADICTION,
          "consistentHash",
          "simple and consistentHash exclude one another",
          "");
    }
    if (balancer.has("zoneAwareLbSetting")) {
      for (String other : List.of("localityLbSetting", "consistentHash")) {
        if (balancer.has(other)) {
          balancer.report(
              FindingCode.CONTRADICTION,
              "zoneAwareLbSetting",
              "zoneAwareLbSetting and " + other + " exclude one another",
              "");
        }
      }
    }
    if (balancer.textOrEmpty("simple").equals("PASSTHROUGH")) {
      balancer.report(
          FindingCode.NOT_APPLICABLE,
          "simple",
          "PASSTHROUGH needs a proxy that sees the original destination",
          "expected LEAST_REQUEST, ROUND_ROBIN or RANDOM");
    }
    if (balancer.has("warmup") && balancer.has("warmupDurationSecs")) {
      balancer.report(
          FindingCode.INEFFECTIVE,
          "warmupDurationSecs",
          "warmup, its new form, goes before it",
          "");
    }
    boolean warmup = balancer.has("warmup") || balancer.has("warmupDurationSecs");
    if (warmup
        && (balancer.has("consistentHash") || balancer.textOrEmpty("simple").equals("RANDOM"))) {
      balancer.report(
          FindingCode.INEFFECTIVE,
          balancer.has("warmup") ? "warmup" : "warmupDurationSecs",
          "warm-up works with ROUND_ROBIN and LEAST_REQUEST only",
          "");
    }
  }

  static LoadBalancer read(View balancer) {
    View hash = balancer.objectOrNull("consistentHash");
    View locality = balancer.objectOrNull("localityLbSetting");
    View zones = balancer.objectOrNull("zoneAwareLbSetting");
    return new LoadBalancer(
        Stream.of(Algorithm.values())
            .filter(algorithm -> algorithm.name().equals(balancer.textOrEmpty("simple")))
            .findFirst()
            .orElse(Algorithm.UNSPECIFIED),
        hash == null ? null : hash(hash),
        zones != null
            ? LocalitySchema.readZoneAware(zones)
            : locality == null ? null : LocalitySchema.read(locality),
        warmup(balancer),
        balancer.at());
  }

  private static ConsistentHash hash(View hash) {
    View cookie = hash.objectOrNull("httpCookie");
    View maglev = hash.objectOrNull("maglev");
    Integer old = hash.numberOrNull("minimumRingSize");
    return new ConsistentHash(
        hash.textOrNull("httpHeaderName"),
        cookie == null
            ? null
            : new Cookie(
                cookie.text("name"), cookie.textOrEmpty("path"), cookie.durationOrNull("ttl")),
        hash.textOrNull("httpQueryParameterName"),
        hash.flag("useSourceIp"),
        old != null ? old : hash.object("ringHash").number("minimumRingSize"),
        maglev == null ? 0 : maglev.number("tableSize"));
  }

  private static @Nullable Warmup warmup(View balancer) {
    View warmup = balancer.objectOrNull("warmup");
    if (warmup == null) {
      return balancer.has("warmupDurationSecs")
          ? new Warmup(balancer.duration("warmupDurationSecs"), 10, 1)
          : null;
    }
    return new Warmup(
        warmup.duration("duration"),
        warmup.decimal("minimumPercent"),
        warmup.decimal("aggression"));
  }
}
