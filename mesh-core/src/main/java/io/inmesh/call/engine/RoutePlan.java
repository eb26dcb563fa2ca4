package io.inmesh.call.engine;

import io.inmesh.model.ClientListener;
import io.inmesh.model.RetryPolicy;
import io.inmesh.model.Route;
import io.inmesh.model.RouteAction;
import io.inmesh.model.VirtualHost;
import io.inmesh.model.WeightedCluster;
import io.inmesh.resilience.RetryRules;
import io.inmesh.resilience.TimeLimits;
import io.inmesh.route.WeightedChoice;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A route, compiled for calls. Immutable, but for the note that a retry was withheld. */
final class RoutePlan {
  final Route route;
  final RouteAction.@Nullable Forward forward;
  final @Nullable WeightedChoice<WeightedCluster> clusters;
  final RetryRules retry;
  final TimeLimits limits;
  final boolean attemptCount;
  final boolean highPriority;

  /** Whether it was said that a retry was withheld. */
  final AtomicBoolean withheld = new AtomicBoolean();

  RoutePlan(ClientListener listener, VirtualHost host, Route route) {
    this.route = route;
    this.attemptCount = host.attemptCount();
    if (route.action() instanceof RouteAction.Forward action) {
      RetryPolicy policy = action.retry() != null ? action.retry() : host.retry();
      forward = action;
      clusters = new WeightedChoice<>(action.clusters(), WeightedCluster::weight);
      retry = RetryRules.of(policy);
      limits = TimeLimits.of(action, listener.maxStreamDuration());
      highPriority = action.highPriority();
    } else {
      forward = null;
      clusters = null;
      retry = RetryRules.IMPLICIT;
      limits = TimeLimits.NONE;
      highPriority = false;
    }
  }
}
