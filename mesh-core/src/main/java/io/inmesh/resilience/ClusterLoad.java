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
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger connections = new AtomicInteger();

  /** Requests in flight. */
  public int requests() {
    return requests.get();
  }

  /** Retries waiting or in flight. */
  public int retries() {
    return retries.get();
  }

  /** Requests that wait for a connection. */
  public int pending() {
    return pending.get();
  }

  /** Connections that pools hold permits for. */
  public int connections() {
    return connections.get();
  }

  /** Counts a request in; false if that exceeds the limit. Balanced by {@link #requestOver}. */
  public boolean tryRequest(CircuitBreakers.Limits limits) {
    if (requests.incrementAndGet() > limits.maxRequests()) {
      requests.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Counts a request in that was let in before, as one that waited. */
  public void requestAdmitted() {
    requests.incrementAndGet();
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
                Math.max(
                    budget.minConcurrency(),
                    budget.percent() / 100 * (requests.get() + pending.get() + 1));
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

  /** Counts a waiting request in; false: too many wait. Balanced by {@link #pendingOver}. */
  public boolean tryPending(CircuitBreakers.Limits limits) {
    if (pending.incrementAndGet() > limits.maxPending()) {
      pending.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A request waits no longer. */
  public void pendingOver() {
    pending.decrementAndGet();
  }

  /** Counts a connection in; false: too many are open. Balanced by {@link #connectionOver}. */
  public boolean tryConnection(CircuitBreakers.Limits limits) {
    if (connections.incrementAndGet() > limits.maxConnections()) {
      connections.decrementAndGet();
      return false;
    }
    return true;
  }

  /** A connection is closed. */
  public void connectionOver() {
    connections.decrementAndGet();
  }
}
