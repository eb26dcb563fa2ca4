package io.inmesh.call.engine;

import io.inmesh.balance.EndpointState;
import io.inmesh.balance.KeyClock;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.ResponseHead;
import io.inmesh.control.Cancellable;
import io.inmesh.resilience.BackOff;
import io.inmesh.resilience.RetryRules;
import org.jspecify.annotations.Nullable;

/**
 * The retries of one call: whether there may be another, when, and where. Exists once something
 * went wrong. Confined to the call's serial context.
 *
 * <p>A retry is made only if all agree: the policy's conditions (the caller has looked at those),
 * the number of retries, the request (can be sent again; may be executed again, or was not), the
 * servers (none said not to, none below has spent its retries already), the time that is left, and
 * the cluster's budgets.
 */
final class Retrying {
  private static final BackOff WAIT_FOR_READY = new BackOff(25_000_000L, 1_000_000_000L, 0);

  private final CallAttempts call;
  private int retries;
  private int waits;
  private @Nullable Cancellable backOff;
  private boolean permitHeld;

  /** Whether all was done that retries can do: whoever is above need not retry. */
  private boolean spent;

  /** Whether the number of retries forbade another. */
  private boolean exhausted;

  /** Where the request may have been executed: with an idempotency key it can only go there. */
  private @Nullable EndpointState pinned;

  private long pinnedSince;

  /** Whether the server was told again when the request was first sent there. */
  private boolean proven;

  Retrying(CallAttempts call) {
    this.call = call;
  }

  /** After a response that the policy retries; whether there will be another attempt. */
  boolean response(MeshAttempt attempt, ResponseHead response) {
    if (attempt.cluster.inMesh
        && MeshHeaders.NO_RETRY.equals(response.headers().get(MeshHeaders.RETRY))) {
      spent = true;
      call.engine.metrics.retryWithheld(call.edge());
      return false;
    }
    RetryRules rules = call.plan().retry;
    long said =
        rules.serverDelayNanos(
            call.head.kind(), response, call.engine.clock.epochMillis(), call.engine.random);
    return !RetryRules.never(said) && again(attempt, false, said);
  }

  /**
   * After a response that says that a repetition was not executed, as the server cannot tell that
   * it was not before. With the response it told its clock, so now it can be shown that it would
   * know; whether there will be another attempt.
   */
  boolean unproven(MeshAttempt attempt, ResponseHead response) {
    if (pinned == null
        || proven
        || !MeshHeaders.SAY_FIRST_SENT.equals(response.headers().get(MeshHeaders.RETRY))) {
      return false;
    }
    proven = true;
    return again(attempt, true, 0);
  }

  /**
   * After a failure that the policy retries; whether there will be another attempt.
   *
   * @param unprocessed whether the request was certainly not executed
   * @param atOnce whether the first retry need not wait
   */
  boolean failure(MeshAttempt attempt, boolean unprocessed, boolean atOnce) {
    return again(attempt, unprocessed, atOnce && retries == 0 ? 0 : -1);
  }

  private boolean again(MeshAttempt attempt, boolean unprocessed, long saidNanos) {
    RoutePlan route = call.plan();
    RetryRules rules = route.retry;
    if (waiting()
        || !call.sendable()
        || !rules.covers(call.head)
        || (!unprocessed && !repeatable(attempt))) {
      return false;
    }
    if (retries >= rules.retries(call.head.kind(), call.asked.maxAttempts())) {
      if (retries > 0) {
        spent = true;
        exhausted = true;
        call.engine.metrics.retryLimit(call.edge());
      }
      return false;
    }
    long delay =
        saidNanos >= 0 ? saidNanos : rules.backOff().delayNanos(retries + 1, call.engine.random);
    long left = call.remainingNanos();
    if (left != CallTime.NONE && left <= delay) {
      return false;
    }
    if (!call.cluster().tryRetry(route.highPriority, unprocessed, call.engine.clock.nanoTime())) {
      spent = true;
      call.engine.metrics.retryOverBudget(call.edge());
      return false;
    }
    call.engine.metrics.retryScheduled(call.edge());
    in(delay);
    return true;
  }

  /** Whether the request may be executed again although it may have been already. */
  private boolean repeatable(MeshAttempt attempt) {
    MeshInboundCall inbound = call.inbound();
    if (inbound != null && inbound.attempt() > 1) {
      // This is the retry of somebody above: retrying below it as well would multiply.
      spent = true;
      return false;
    }
    RoutePlan route = call.plan();
    if (Idempotency.of(call.asked, call.head) || route.retry.nonIdempotentAllowed()) {
      return true;
    }
    if (route.idempotencyKeys && attempt.cluster.inMesh && Idempotency.keyed(call.head)) {
      if (pinned == null && attempt.host != null) {
        pinned = attempt.host.state();
        pinnedSince = attempt.started();
      }
      return true;
    }
    call.engine.metrics.retryWithheld(call.edge());
    call.engine.retryWithheld(route, call.head);
    return false;
  }

  private void in(long delayNanos) {
    retries++;
    permitHeld = true;
    backOff =
        call.transport.schedule(
            delayNanos,
            () -> {
              backOff = null;
              permitHeld = false;
              if (call.attempting()) {
                call.attempt(MeshAttempt.Kind.RETRY);
              } else {
                call.cluster().retryOver(call.plan().highPriority);
              }
            });
  }

  /** Nobody could be reached, and the application said to wait: look again after a while. */
  void waitForConnection() {
    waits++;
    backOff =
        call.transport.schedule(
            WAIT_FOR_READY.delayNanos(waits, call.engine.random),
            () -> {
              backOff = null;
              if (call.attempting()) {
                call.lookAgain();
              }
            });
  }

  /** Whether another attempt is going to be made. */
  boolean waiting() {
    return backOff != null;
  }

  /** Whether a retry was wanted and the number of retries forbade it. */
  boolean exhausted() {
    return exhausted;
  }

  /** The only host that may be tried; null: any. */
  @Nullable EndpointState pinned() {
    return pinned;
  }

  /** When the request was first sent there, as that server's clock showed it at least. */
  String firstSent() {
    KeyClock clock = pinned == null ? null : pinned.keyClock();
    return clock == null ? "unknown" : clock.at(pinnedSince).toString();
  }

  /** No further attempt is wanted. */
  void stop() {
    if (backOff != null) {
      backOff.cancel();
      backOff = null;
    }
    if (permitHeld) {
      permitHeld = false;
      call.cluster().retryOver(call.plan().highPriority);
    }
  }

  /** What is delivered is a failure: the request this call is made for learns of it. */
  void inVain() {
    MeshInboundCall inbound = call.inbound();
    if (inbound != null && (spent || retries > 0)) {
      inbound.retriesSpent();
    }
  }

  /** The call is over. */
  void over(boolean good) {
    if (retries > 0) {
      call.engine.metrics.retried(call.edge(), good);
    }
    if (!good) {
      inVain();
    }
  }
}
