package io.inmesh.server.compile;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.RoutingPriority;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.config.route.v3.RouteMatch;
import io.envoyproxy.envoy.config.route.v3.VirtualHost;
import io.inmesh.server.config.CallRules;
import io.inmesh.server.config.TrafficPolicySpec.ConsistentHash;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * RDS. One virtual host for every authority: a service is known by whom the caller named, not by
 * the Host header (Gateway API, MeshFrontendHostname).
 */
final class RouteResources {
  /** Of direct responses, unless more is asked for. */
  private static final int USUAL_BODY_LIMIT = 4096;

  private RouteResources() {}

  /**
   * The routes of a table.
   *
   * @param hashes by what requests to a cluster are hashed
   */
  static RouteConfiguration of(
      RouteTable table, Map<String, ConsistentHash> hashes, CapabilityClass clients) {
    String name = Names.listener(table.service(), table.port());
    VirtualHost.Builder host =
        VirtualHost.newBuilder()
            .setName(name)
            .addDomains("*")
            // As Istio does; servers need it to retry nothing on behalf of what is a retry itself.
            .setIncludeRequestAttemptCount(true);
    for (RouteRule rule : table.rules()) {
      for (RouteMatch match : MatchResources.of(rule.match(), clients)) {
        host.addRoutes(route(rule, match, hashes, clients));
      }
    }
    RouteConfiguration.Builder configuration =
        RouteConfiguration.newBuilder().setName(name).addVirtualHosts(host);
    int body = largestBody(table);
    if (body > USUAL_BODY_LIMIT) {
      configuration.setMaxDirectResponseBodySizeBytes(Protos.uint(body));
    }
    return configuration.build();
  }

  private static int largestBody(RouteTable table) {
    return table.rules().stream()
        .map(rule -> rule.handling().answer())
        .mapToInt(
            answer ->
                answer instanceof LocalAnswer.Direct direct
                    ? direct.body().getBytes(StandardCharsets.UTF_8).length
                    : 0)
        .max()
        .orElse(0);
  }

  private static Route route(
      RouteRule rule,
      RouteMatch match,
      Map<String, ConsistentHash> hashes,
      CapabilityClass clients) {
    Route.Builder route = Route.newBuilder().setName(rule.name()).setMatch(match);
    LocalAnswer answer = rule.handling().answer();
    // Stock gRPC refuses answers; its calls fail instead, as a rule without backends does.
    if (answer != null && clients != CapabilityClass.GRPC) {
      HandlingResources.answer(answer, route);
    } else {
      route.setRoute(action(rule, hashes, clients));
    }
    HeaderResources.apply(rule.headers(), route);
    CallRules calls = rule.settings().calls();
    if (clients == CapabilityClass.INMESH) {
      Any retries = OwnExtensions.retries(rule.settings().retry());
      if (retries != null) {
        route.putTypedPerFilterConfig(OwnExtensions.RETRY, retries);
      }
      List<String> conditions = rule.settings().retry().conditions();
      if (OwnExtensions.needed(calls, conditions)) {
        route.putTypedPerFilterConfig(OwnExtensions.CALLS, OwnExtensions.calls(calls, conditions));
      }
      route.putAllTypedPerFilterConfig(CallFilters.ofRoute(rule.settings()));
    }
    return route.build();
  }

  private static RouteAction action(
      RouteRule rule, Map<String, ConsistentHash> hashes, CapabilityClass clients) {
    RouteAction.Builder action = RouteAction.newBuilder();
    DestinationResources.apply(rule.backends(), action, clients);
    String hashKey = rule.settings().calls().hashKey();
    if (hashKey != null && clients == CapabilityClass.INMESH) {
      action.addHashPolicy(HashResources.of(hashKey));
    }
    rule.clusters().stream()
        .map(hashes::get)
        .filter(Objects::nonNull)
        .distinct()
        .forEach(hash -> action.addHashPolicy(HashResources.of(hash)));
    HandlingResources.apply(rule.handling(), action);
    Duration timeout = positive(rule.settings().timeout());
    action.setTimeout(Protos.duration(timeout == null ? Duration.ZERO : timeout));
    StreamResources.of(rule.settings().streams(), timeout, clients)
        .ifPresent(action::setMaxStreamDuration);
    Duration idle = positive(rule.settings().idleTimeout());
    if (idle != null) {
      action.setIdleTimeout(Protos.duration(idle));
    }
    RetryResources.of(rule.settings().retry(), positive(rule.settings().perTryTimeout()), clients)
        .ifPresent(action::setRetryPolicy);
    if (rule.settings().calls().highPriority()) {
      action.setPriority(RoutingPriority.HIGH);
    }
    CallRules.Hedge hedge = rule.settings().calls().hedge();
    if (hedge != null && hedge.onPerTryTimeout()) {
      action.getHedgePolicyBuilder().setHedgeOnPerTryTimeout(true);
    }
    return action.build();
  }

  private static @Nullable Duration positive(@Nullable Duration duration) {
    return duration == null || duration.isZero() ? null : duration;
  }
}
