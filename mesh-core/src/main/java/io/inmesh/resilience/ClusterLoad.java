package io.inmesh.resilience;

import io.inmesh.model.CircuitBreakers;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How much this process has in flight to one cluster at one priority, against its limits. Carried
 * over between configurations, as the work in flight is. Thread-safe, lock-free.
 */
public final class ClusterLoad {
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger retries = new AtomicInteger();

  /** Requests in flight. */
  public int requests() {
    return requests.get();
  }

  /** Retries waiting or in flight. */
  public int retries() {
    return retries.get();
  }

  /** Counts a request in; false if that exceeds the limit. Balanced by {@link #requestOver}. */
  public boolean tryRequest(CircuitBreakers.Limits limits) {
    if (requests.incrementAndGet() > limits.maxRequests()) {
      requests.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A request is over. */
  public void requestOver() {
    requests.decrementAndGet();
  }

  /**
   * Counts a retry in; false if the budget or limit is used up. Balanced by {@link #retryOver}.
   * Envoy's budget: a share of the requests in flight, but always a minimum.
   */
  public boolean tryRetry(CircuitBreakers.Limits limits) {
    CircuitBreakers.Budget budget = limits.retryBudget();
    int allowed =
        budget == null
            ? limits.maxRetries()
            : (int)
                Math.max(budget.minConcurrency(), budget.percent() / 100 * (requests.get() + 1));
    if (retries.incrementAndGet() > allowed) {
      retries.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A retry is over. */
  public void retryOver() {
    retries.decrementAndGet();
  }
}
