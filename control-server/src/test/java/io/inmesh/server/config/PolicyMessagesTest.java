package io.inmesh.server.config;

import static io.inmesh.server.config.Yaml.check;
import static io.inmesh.server.config.Yaml.httpRoute;
import static io.inmesh.server.config.Yaml.object;
import static io.inmesh.server.config.Yaml.policy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each mistake in a policy gives exactly one message, and this one. */
class PolicyMessagesTest {
  private static final String BACKEND = "backendRefs: [{name: a, port: 80}]";

  static Stream<Arguments> callRules() {
    String policy = "RoutePolicy default/p ";
    String rule = "DestinationRule default/d spec.trafficPolicy.";
    return Stream.of(
        arguments(
            policy("p", "hedge: {after: 10ms}"),
            "error IM1203 "
                + policy
                + "spec.hedge.after: unknown field; expected one of maxAttempts, delay, percentile,"
                + " budgetPercent, onPerTryTimeout"),
        arguments(
            policy("p", "hedge: {maxAttempts: 2}"),
            "error IM1202 " + policy + "spec.hedge.delay: missing; give a delay or a percentile"),
        arguments(
            policy("p", "hedge: {delay: 1s, onPerTryTimeout: true}\nperTryTimeout: 1s\nretry: {}"),
            "error IM1305 "
                + policy
                + "spec.hedge.onPerTryTimeout: onPerTryTimeout excludes delay and percentile"),
        arguments(
            policy("p", "hedge: {onPerTryTimeout: true}"),
            "warning IM1309 "
                + policy
                + "spec.hedge.onPerTryTimeout: has an effect only with perTryTimeout and retry"),
        arguments(
            policy(
                "p",
                "hedge: {budgetPercent: 9, onPerTryTimeout: true}\nperTryTimeout: 1s\nretry: {}"),
            "warning IM1309 "
                + policy
                + "spec.hedge.budgetPercent: has no effect with onPerTryTimeout, which the limits"
                + " of retries hold for"),
        arguments(
            policy("p", "hedge: {delay: 1s}\ntimeout: 1s"),
            "warning IM1309 " + policy + "spec.hedge.delay: is not shorter than timeout"),
        arguments(
            policy("p", "concurrency: {}"),
            "warning IM1309 "
                + policy
                + "spec.concurrency: says nothing; give maxInFlight, adaptive or throttle"),
        arguments(
            ofService("loadBalancer: {peakEwma: {}, hashBalancePercent: 150}"),
            "warning IM1309 "
                + policy
                + "spec.loadBalancer.hashBalancePercent: peakEwma does not hash"),
        arguments(
            destination("loadBalancer: {consistentHash: {httpCookie: {name: c, path: /}}}"),
            "warning IM1309 "
                + rule
                + "loadBalancer.consistentHash.httpCookie.path: without ttl no cookie is set"),
        arguments(
            destination(
                "loadBalancer: {consistentHash: {useSourceIp: true, minimumRingSize: 9, ringHash:"
                    + " {minimumRingSize: 8}}}"),
            "warning IM1309 "
                + rule
                + "loadBalancer.consistentHash.ringHash: minimumRingSize, its old form, goes before"
                + " it"),
        arguments(
            destination(
                "loadBalancer: {simple: ROUND_ROBIN, warmupDurationSecs: 9s, warmup: {duration:"
                    + " 8s}}"),
            "warning IM1309 "
                + rule
                + "loadBalancer.warmupDurationSecs: warmup, its new form, goes before it"),
        arguments(
            destination("{retryBudget: {}, connectionPool: {http: {maxRetries: 5}}}"),
            "warning IM1309 "
                + rule
                + "connectionPool.http.maxRetries: retryBudget goes before it"),
        arguments(
            ofService("failureAccrual: {successRate: {window: 0s}}"),
            "error IM1206 "
                + policy
                + "spec.failureAccrual.successRate.window: must be more than 0s"),
        arguments(
            ofService("failureAccrual: {successRate: {threshold: 80}}"),
            "error IM1206 "
                + policy
                + "spec.failureAccrual.successRate.threshold: 80 is out of range; expected 0.01 to"
                + " 1"),
        arguments(
            policy("p", "fault: {abort: {httpStatus: 503, percent: 101}}"),
            "error IM1206 "
                + policy
                + "spec.fault.abort.percent: 101 is out of range; expected 0 to 100"),
        arguments(
            policy("p", "fault: {abort: {httpStatus: 503, grpcStatus: 14}}"),
            "error IM1305 "
                + policy
                + "spec.fault.abort: give exactly one of httpStatus and grpcStatus"),
        arguments(
            policy("p", "idempotencyKeys: {}"),
            "error IM1305 "
                + policy
                + "spec.idempotencyKeys: servers know keys for all routes of a Service or for none;"
                + " name the Service in targetRefs"),
        arguments(
            policy("p", "rateLimit: {requests: 5, per: 10ms}"),
            "error IM1206 " + policy + "spec.rateLimit.per: must be at least 50ms"),
        arguments(
            policy("p", "rateLimit: {headers: true}"),
            "error IM1202 "
                + policy
                + "spec.rateLimit.requests: missing; give requests, perCaller or descriptors"),
        arguments(
            policy("p", "rateLimit: {descriptors: [{requests: 5, entries: [{value: x}]}]}"),
            "error IM1305 "
                + policy
                + "spec.rateLimit.descriptors[0].entries[0]: expected exactly one of header, query,"
                + " method, path or caller"),
        arguments(
            policy(
                "p", "rateLimit: {descriptors: [{requests: 5, entries: [{path: /a, value: x}]}]}"),
            "error IM1305 "
                + policy
                + "spec.rateLimit.descriptors[0].entries[0].value: belongs to header or query"),
        arguments(
            policy("p", "success: [{from: 404, to: 400, failure: true}]"),
            "error IM1206 " + policy + "spec.success[0].to: is less than from"));
  }

  static Stream<Arguments> notYetSupported() {
    String rule = "HTTPRoute default/r spec.rules[0]";
    return Stream.of(
        arguments(
            httpRoute(
                "r", "- filters: [{type: CORS, cors: {allowMethods: [GET, '*']}}]\n  " + BACKEND),
            "error IM1305 "
                + rule
                + ".filters[0].cors.allowMethods: '*' stands for all others; write it alone"),
        arguments(
            httpRoute(
                "r",
                "- filters: [{type: ExternalAuth, externalAuth: {protocol: GRPC, backendRef: {name:"
                    + " m, port: 80}}}]\n"
                    + "  "
                    + BACKEND),
            "error IM1401 "
                + rule
                + ".filters[0]: filter ExternalAuth is not yet supported; the object is refused"),
        arguments(
            httpRoute(
                "r", "- sessionPersistence: {absoluteTimeout: 1m, idleTimeout: 2m}\n  " + BACKEND),
            "error IM1304 "
                + rule
                + ".sessionPersistence.idleTimeout: idleTimeout 2m is longer than absoluteTimeout"
                + " 1m"),
        arguments(
            httpRoute(
                "r",
                "- sessionPersistence: {type: Header, cookieConfig: {lifetimeType: Session}}\n  "
                    + BACKEND),
            "error IM1305 "
                + rule
                + ".sessionPersistence.cookieConfig: the token travels in a header; remove it"));
  }

  static Stream<Arguments> policies() {
    return Stream.of(
        arguments(
            policy("p", "retry: {on: [unavailble]}"),
            "error IM1306 RoutePolicy default/p spec.retry.on[0]: unknown retry condition"
                + " 'unavailble'; did you mean 'unavailable'?"),
        arguments(
            policy("p", "retry: {on: ['503']}"),
            "error IM1306 RoutePolicy default/p spec.retry.on[0]: unknown retry condition '503';"
                + " statuses go into 'codes'"),
        arguments(
            policy("p", "retry: {attempts: 21}"),
            "error IM1206 RoutePolicy default/p spec.retry.attempts: 21 is out of range; expected 0"
                + " to 20"),
        arguments(
            policy("p", "retry: {attempts: 0, on: [5xx]}"),
            "warning IM1309 RoutePolicy default/p spec.retry.attempts: attempts 0 switches retries"
                + " off, whatever on, codes and conditions say"),
        arguments(
            policy("p", "retry: {backoff: {base: 1s, max: 100ms}}"),
            "error IM1304 RoutePolicy default/p spec.retry.backoff.base: base 1s is longer than max"
                + " 100ms"),
        arguments(
            policy("p", "timeout: 1s\nperTryTimeout: 2s"),
            "error IM1304 RoutePolicy default/p spec.perTryTimeout: perTryTimeout 2s is longer than"
                + " timeout 1s"),
        arguments(
            policy("p", "timeout: 2s\nmaxStreamDuration: 1s"),
            "error IM1304 RoutePolicy default/p spec.timeout: timeout 2s is longer than"
                + " maxStreamDuration 1s"),
        arguments(
            policy("p", "grpcTimeoutHeaderOffset: 10ms"),
            "warning IM1309 RoutePolicy default/p spec.grpcTimeoutHeaderOffset: has an effect only"
                + " with grpcTimeoutHeaderMax; add grpcTimeoutHeaderMax: 0s to take deadlines as"
                + " they are"),
        arguments(
            policy("p", "healthCheck: {interval: 5s}"),
            "error IM1305 RoutePolicy default/p spec.healthCheck: expected exactly one of http,"
                + " grpc, tcp"),
        arguments(
            policy("p", "healthCheck: {tcp: {}, grpc: {}}"),
            "error IM1305 RoutePolicy default/p spec.healthCheck: expected exactly one of http,"
                + " grpc, tcp"),
        arguments(
            policy("p", "healthCheck: {tcp: {}, interval: 0s}"),
            "error IM1206 RoutePolicy default/p spec.healthCheck.interval: must be more than 0s"),
        arguments(
            policy("p", "healthCheck: {http: {path: healthz}}"),
            "error IM1205 RoutePolicy default/p spec.healthCheck.http.path: 'healthz' is not a"
                + " path; expected to begin with '/', without //, /./, /../, %2f, '?' or '#'"),
        arguments(
            policy("p", ""), "warning IM1309 RoutePolicy default/p spec: the policy says nothing"),
        arguments(
            object(
                "inmesh.io/v1alpha1",
                "RoutePolicy",
                "p",
                "targetRefs: [{kind: Service, name: s, sectionName: x}]\ntimeout: 1s"),
            "error IM1305 RoutePolicy default/p spec.targetRefs[0].sectionName: a Service has no"
                + " rules to name; remove sectionName"),
        arguments(
            object(
                "inmesh.io/v1alpha1",
                "RoutePolicy",
                "p",
                "targetRefs: [{group: '', kind: HTTPRoute, name: s}]\ntimeout: 1s"),
            "error IM1204 RoutePolicy default/p spec.targetRefs[0].group: HTTPRoute is not in group"
                + " ''; expected 'gateway.networking.k8s.io'"),
        arguments(
            object(
                "inmesh.io/v1alpha1",
                "RoutePolicy",
                "p",
                "targetRefs: [{kind: Service, name: s}, {kind: Service, name: s}]\ntimeout: 1s"),
            "error IM1303 RoutePolicy default/p spec.targetRefs[1]: target 'Service s' is there"
                + " twice"));
  }

  @ParameterizedTest
  @MethodSource({"callRules", "notYetSupported", "policies"})
  void parse_mistake_oneMessage(String yaml, String expected) {
    assertThat(check(yaml)).containsExactly(expected);
  }

  private static String ofService(String spec) {
    return object(
        "inmesh.io/v1alpha1",
        "RoutePolicy",
        "p",
        "targetRefs: [{kind: Service, name: orders}]\n" + spec);
  }

  private static String destination(String policy) {
    return object(
        "networking.istio.io/v1",
        "DestinationRule",
        "d",
        "host: orders\ntrafficPolicy: " + (policy.startsWith("{") ? policy : "{" + policy + "}"));
  }
}
