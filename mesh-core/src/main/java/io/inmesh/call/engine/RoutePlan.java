package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.FilterChain;
import io.inmesh.filter.FilterPool;
import io.inmesh.filter.HeaderFilter;
import io.inmesh.model.CallPolicy;
import io.inmesh.model.ClientListener;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.Mirror;
import io.inmesh.model.RetryPolicy;
import io.inmesh.model.Rewrite;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.resilience.HedgeRules;
import io.inmesh.resilience.RetryCondition;
import io.inmesh.resilience.RetryRules;
import io.inmesh.resilience.SuccessRules;
import io.inmesh.resilience.TimeLimits;
import io.inmesh.route.PathRewrite;
import io.inmesh.route.WeightedChoice;
import io.inmesh.telemetry.AccessLogs;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A route, compiled for calls. Immutable, but for the note that a retry was withheld. */
final class RoutePlan {
  /**
   * One destination of a split.
   *
   * @param config cluster, weight, fixed status
   * @param chain the filters of calls that go there
   * @param sessions how calls that go there stick; null: they do not
   * @param undeclared whether it is for hosts that nothing declares
   */
  record Share(
      WeightedCluster config,
      FilterChain chain,
      @Nullable SessionRules sessions,
      boolean undeclared) {
    String cluster() {
      return config.cluster();
    }
  }

  final Route route;
  final @Nullable WeightedChoice<Share> shares;

  /** The filters where there are no shares. */
  final FilterChain chain;

  final RetryRules retry;
  final TimeLimits limits;
  final @Nullable PathRewrite path;
  final @Nullable String host;
  final boolean attemptCount;
  final boolean highPriority;
  final int clusterNotFoundStatus;
  final RequestHasher hasher;

  /** Shadow copies: the most specific level that has any. */
  final List<Mirror> mirrors;

  /** Null: no hedging. */
  final @Nullable HedgeRules hedge;

  /** Whether servers know idempotency keys. */
  final boolean idempotencyKeys;

  final SuccessRules success;

  /** What is written of calls that end; null: nothing. */
  final @Nullable AccessLogs accessLogs;

  /** Conditions of the application under which responses are retried, too. */
  private final RetryCondition[] conditions;

  /** How calls stick, as far as the route says; null: they do not. */
  final @Nullable SessionRules sessions;

  /** Whether it was said that a retry was withheld. */
  final AtomicBoolean withheld = new AtomicBoolean();

  RoutePlan(
      ClientListener listener,
      VirtualHost in,
      Route route,
      FilterPool filters,
      HedgePool hedges,
      Extensions extensions,
      @Nullable AccessLogs accessLogs) {
    this.route = route;
    this.accessLogs = accessLogs;
    this.attemptCount = in.attemptCount();
    if (route.action() instanceof RouteAction.Forward forward) {
      RetryPolicy policy = forward.retry() != null ? forward.retry() : in.retry();
      List<Share> all =
          forward.clusters().stream()
              .map(
                  share ->
                      new Share(
                          share,
                          chain(listener, in, route, share.headers(), share.filters(), filters),
                          SessionRules.of(
                              listener.filters(), levels(listener, in, route, share.filters())),
                          UnknownHosts.undeclared(share.cluster())))
              .toList();
      sessions = SessionRules.of(listener.filters(), levels(listener, in, route, Map.of()));
      shares = new WeightedChoice<>(all, share -> share.config().weight());
      chain = FilterChain.EMPTY;
      retry = RetryRules.of(policy);
      limits = TimeLimits.of(forward, listener.maxStreamDuration());
      Rewrite rewrite = forward.rewrite();
      path = PathRewrite.of(rewrite, route.match().path());
      host = rewrite.host();
      highPriority = forward.highPriority();
      clusterNotFoundStatus =
          forward.clusterNotFoundStatus() == 0 ? 503 : forward.clusterNotFoundStatus();
      mirrors = mirrors(forward, in, listener.routes());
      CallPolicy calls = forward.policy();
      hedge = calls.hedge() == null ? null : hedges.rules(in, route, calls.hedge());
      idempotencyKeys = calls.idempotencyKeys();
      success =
          calls.responses().isEmpty() ? SuccessRules.USUAL : new SuccessRules(calls.responses());
      hasher = RequestHasher.of(forward.hashPolicies(), extensions);
      conditions = extensions.conditions(calls.retryConditions());
    } else {
      shares = null;
      chain = chain(listener, in, route, HeaderChanges.NONE, Map.of(), filters);
      retry = RetryRules.IMPLICIT;
      limits = TimeLimits.NONE;
      path =
          route.action() instanceof RouteAction.Redirect redirect
              ? PathRewrite.of(redirect.prefixRewrite(), redirect.path(), route.match().path())
              : null;
      host = null;
      highPriority = false;
      clusterNotFoundStatus = 503;
      mirrors = List.of();
      hedge = null;
      idempotencyKeys = false;
      success = SuccessRules.USUAL;
      hasher = RequestHasher.NONE;
      conditions = Extensions.NONE.conditions(List.of());
      sessions = null;
    }
  }

  /** Whether a response is one to try again, if number, budget and request allow it. */
  boolean wantsAgain(RequestHead head, ResponseHead response) {
    if (retry.response(head.kind(), response, success)) {
      return true;
    }
    for (RetryCondition condition : conditions) {
      if (condition.retries(head, response)) {
        return true;
      }
    }
    return false;
  }

  private static List<Mirror> mirrors(
      RouteAction.Forward forward, VirtualHost in, RouteConfig config) {
    if (!forward.mirrors().isEmpty()) {
      return forward.mirrors();
    }
    return in.mirrors().isEmpty() ? config.mirrors() : in.mirrors();
  }

  private static FilterChain chain(
      ClientListener listener,
      VirtualHost in,
      Route route,
      HeaderChanges shareHeaders,
      Map<String, FilterConfig> shareFilters,
      FilterPool filters) {
    return filters.compile(
        listener.filters(),
        HeaderFilter.of(shareHeaders, route.headers(), in.headers(), listener.routes().headers()),
        levels(listener, in, route, shareFilters));
  }

  /** The filters' settings, the most specific first. */
  private static List<Map<String, FilterConfig>> levels(
      ClientListener listener, VirtualHost in, Route route, Map<String, FilterConfig> share) {
    return List.of(share, route.filters(), in.filters(), listener.routes().filters());
  }
}
