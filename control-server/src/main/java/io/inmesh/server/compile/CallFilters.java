package io.inmesh.server.compile;

import com.github.xds.type.v3.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.route.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.common.fault.v3.FaultDelay;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams;
import io.envoyproxy.envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams;
import io.envoyproxy.envoy.extensions.filters.http.admission_control.v3.AdmissionControl;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.FaultAbort;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.CallRules.CustomFilter;
import io.inmesh.wire.filters.v1.IdempotencyKeys;
import io.inmesh.wire.filters.v1.InFlightLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The HTTP filters that policies switch on. Callers have all of them in their listeners, switched
 * off, so that routes can switch them on; servers have those that their services' policies name.
 */
final class CallFilters {
  private static final String FAULT = "envoy.filters.http.fault";
  private static final String RATE_LIMIT = "envoy.filters.http.local_ratelimit";
  private static final String ADMISSION = "envoy.filters.http.admission_control";
  private static final String CONCURRENCY = "envoy.filters.http.adaptive_concurrency";
  private static final String IN_FLIGHT = "inmesh.in_flight_limit";
  private static final String SESSIONS = "envoy.filters.http.stateful_session";
  private static final String KEYS = "inmesh.idempotency_keys";

  private CallFilters() {}

  /**
   * For a listener of callers: what its routes may switch on, switched off; empty if they switch
   * nothing on.
   */
  static List<HttpFilter> ofListener(List<RouteRule> rules) {
    if (rules.stream().allMatch(rule -> ofRoute(rule.settings()).isEmpty())) {
      return List.of();
    }
    List<HttpFilter> filters = new ArrayList<>();
    rules.stream()
        .filter(rule -> !rule.settings().serviceWide())
        .flatMap(rule -> rule.settings().calls().filters().stream())
        .collect(
            Collectors.toMap(CustomFilter::type, one -> one, (first, next) -> first, TreeMap::new))
        .values()
        .forEach(one -> filters.add(custom(one).setDisabled(true).build()));
    filters.add(off(FAULT, HTTPFault.getDefaultInstance()));
    filters.add(off(RATE_LIMIT, LocalRateLimit.newBuilder().setStatPrefix("route").build()));
    filters.add(off(ADMISSION, AdmissionControl.getDefaultInstance()));
    filters.add(off(CONCURRENCY, adaptive()));
    filters.add(off(IN_FLIGHT, InFlightLimit.newBuilder().setMax(1).build()));
    filters.add(off(SESSIONS, StatefulSession.getDefaultInstance()));
    return filters;
  }

  /**
   * For a route: what its policy switches on, by filter name. Of the policy of a service it is the
   * servers that limit and filter.
   */
  static Map<String, Any> ofRoute(RuleSettings settings) {
    CallRules rules = settings.calls();
    Map<String, Any> filters = new LinkedHashMap<>();
    if (rules.fault() != null) {
      filters.put(FAULT, on(fault(rules.fault())));
    }
    if (rules.concurrency() != null && rules.concurrency().throttle()) {
      filters.put(ADMISSION, on(AdmissionResources.of(rules.success())));
    }
    if (settings.session() != null) {
      filters.put(SESSIONS, on(SessionResources.of(settings.session())));
    }
    if (!settings.serviceWide()) {
      rules.filters().forEach(one -> filters.put(one.type(), on(struct(one), one.optional())));
      limits(rules).forEach((name, filter) -> filters.put(name, on(filter)));
    }
    return filters;
  }

  /** The fields of a service's policy that its servers have a part in. */
  static SortedSet<String> saidToServers(CallRules rules) {
    SortedSet<String> fields = new TreeSet<>();
    if (rules.rateLimit() != null) {
      fields.add("rateLimit");
    }
    CallRules.Concurrency concurrency = rules.concurrency();
    if (concurrency != null && concurrency.adaptive()) {
      fields.add("concurrency.adaptive");
    }
    if (concurrency != null && concurrency.maxInFlight() > 0) {
      fields.add("concurrency.maxInFlight");
    }
    if (rules.idempotencyKeys() != null) {
      fields.add("idempotencyKeys");
    }
    if (rules.connections() != null) {
      fields.add("connections");
    }
    rules.filters().forEach(one -> fields.add("filter " + one.type()));
    return fields;
  }

  /**
   * For a port of servers: what the policies of the services there say about the requests that
   * arrive; of several that say the same, the first counts.
   */
  static List<HttpFilter> ofServer(List<CallRules> policies) {
    Map<String, Message> filters = new LinkedHashMap<>();
    policies.forEach(rules -> limits(rules).forEach(filters::putIfAbsent));
    for (CallRules rules : policies) {
      if (rules.idempotencyKeys() != null) {
        filters.putIfAbsent(KEYS, keys(rules.idempotencyKeys()));
      }
    }
    List<HttpFilter> all = new ArrayList<>();
    policies.stream()
        .flatMap(rules -> rules.filters().stream())
        .collect(
            Collectors.toMap(
                CustomFilter::type, one -> one, (first, next) -> first, LinkedHashMap::new))
        .values()
        .forEach(one -> all.add(custom(one).build()));
    filters.forEach((name, config) -> all.add(filter(name, config)));
    return all;
  }

  private static Map<String, Message> limits(CallRules rules) {
    Map<String, Message> limits = new LinkedHashMap<>();
    if (rules.rateLimit() != null) {
      limits.put(RATE_LIMIT, RateLimitResources.of(rules.rateLimit()));
    }
    CallRules.Concurrency concurrency = rules.concurrency();
    if (concurrency != null && concurrency.adaptive()) {
      limits.put(CONCURRENCY, adaptive());
    }
    if (concurrency != null && concurrency.maxInFlight() > 0) {
      limits.put(IN_FLIGHT, InFlightLimit.newBuilder().setMax(concurrency.maxInFlight()).build());
    }
    return limits;
  }

  private static HTTPFault fault(CallRules.Fault fault) {
    HTTPFault.Builder made = HTTPFault.newBuilder();
    if (fault.byHeader()) {
      made.setDelay(
              FaultDelay.newBuilder()
                  .setHeaderDelay(FaultDelay.HeaderDelay.getDefaultInstance())
                  .setPercentage(percent(100)))
          .setAbort(
              FaultAbort.newBuilder()
                  .setHeaderAbort(FaultAbort.HeaderAbort.getDefaultInstance())
                  .setPercentage(percent(100)));
    }
    if (fault.delay() != null) {
      made.setDelay(
          FaultDelay.newBuilder()
              .setFixedDelay(Protos.duration(fault.delay()))
              .setPercentage(percent(fault.delayPercent())));
    }
    if (fault.httpStatus() > 0 || fault.grpcStatus() >= 0) {
      FaultAbort.Builder abort =
          FaultAbort.newBuilder().setPercentage(percent(fault.abortPercent()));
      made.setAbort(
          fault.httpStatus() > 0
              ? abort.setHttpStatus(fault.httpStatus())
              : abort.setGrpcStatus(fault.grpcStatus()));
    }
    if (fault.maxActive() >= 0) {
      made.setMaxActiveFaults(Protos.uint(fault.maxActive()));
    }
    return made.build();
  }

  /** Envoy's example values: limits every 100 ms, a measurement every minute. */
  private static AdaptiveConcurrency adaptive() {
    return AdaptiveConcurrency.newBuilder()
        .setGradientControllerConfig(
            GradientControllerConfig.newBuilder()
                .setConcurrencyLimitParams(
                    ConcurrencyLimitCalculationParams.newBuilder()
                        .setConcurrencyUpdateInterval(Protos.duration(Duration.ofMillis(100))))
                .setMinRttCalcParams(
                    MinimumRTTCalculationParams.newBuilder()
                        .setInterval(Protos.duration(Duration.ofMinutes(1)))))
        .setEnabled(
            io.envoyproxy.envoy.config.core.v3.RuntimeFeatureFlag.newBuilder()
                .setDefaultValue(BoolValue.of(true)))
        .build();
  }

  private static IdempotencyKeys keys(CallRules.IdempotencyKeys keys) {
    IdempotencyKeys.Builder made =
        IdempotencyKeys.newBuilder()
            .setMaxEntries(keys.maxEntries())
            .setMaxResponseBytes(keys.maxResponseBytes());
    if (keys.ttl() != null) {
      made.setTtl(Protos.duration(keys.ttl()));
    }
    return made.build();
  }

  private static FractionalPercent percent(double percent) {
    return Protos.share((int) Math.round(percent * 10_000));
  }

  private static HttpFilter.Builder custom(CustomFilter one) {
    return HttpFilter.newBuilder()
        .setName(one.type())
        .setTypedConfig(Any.pack(struct(one)))
        .setIsOptional(one.optional());
  }

  private static TypedStruct struct(CustomFilter one) {
    return Protos.struct(one.type(), one.settings());
  }

  private static HttpFilter off(String name, Message config) {
    return filter(name, config).toBuilder().setDisabled(true).build();
  }

  private static HttpFilter filter(String name, Message config) {
    return HttpFilter.newBuilder()
        .setName(name)
        .setTypedConfig(Any.pack(config))
        .setIsOptional(true)
        .build();
  }

  /** Wrapped, because that is how a filter that is off in the listener is switched on. */
  private static Any on(Message config) {
    return on(config, true);
  }

  private static Any on(Message config, boolean optional) {
    return Any.pack(
        FilterConfig.newBuilder().setIsOptional(optional).setConfig(Any.pack(config)).build());
  }
}
