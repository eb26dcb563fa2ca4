package io.inmesh.server.compile;

import io.inmesh.server.config.RoutePolicySpec;
import io.inmesh.server.config.RoutePolicySpec.RetryAfter;
import io.inmesh.server.config.RouteRetry;
import io.inmesh.server.config.VirtualServiceSpec;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What is tried again.
 *
 * @param attempts retries at most; 0 for none at all
 * @param on Envoy's tokens, sorted, those of {@link #IMPLICIT} among them
 * @param codes HTTP statuses that are retried, sorted
 * @param conditions that applications bring
 * @param backOff how long is waited in between
 * @param perTryIdle how long an attempt may be silent; null for any time
 * @param retryAfter what servers say about when to come back; null: they are not heard
 * @param hosts where it is tried again
 * @param nonIdempotent whether requests may be repeated that may have been processed
 */
record RetryRule(
    int attempts,
    List<String> on,
    List<Integer> codes,
    List<String> conditions,
    BackOff backOff,
    @Nullable Duration perTryIdle,
    @Nullable RetryAfter retryAfter,
    Hosts hosts,
    boolean nonIdempotent) {
  private static final String BY_STATUS = "retriable-status-codes";

  /** Istio's, where a VirtualService does not say; the last two may repeat what was begun. */
  private static final List<String> ISTIO_USUAL =
      List.of("connect-failure", "refused-stream", "unavailable", "cancelled");

  /**
   * Waits between attempts.
   *
   * @param base scale of the first; null for the default, 25 ms
   * @param max the longest; null for ten times the base
   * @param least waited in any case; null: nothing
   */
  record BackOff(@Nullable Duration base, @Nullable Duration max, @Nullable Duration least) {
    static final BackOff USUAL = new BackOff(null, null, null);
  }

  /**
   * Which hosts are tried.
   *
   * @param others whether those that failed are avoided
   * @param remote whether localities that failed are
   */
  record Hosts(boolean others, boolean remote) {
    static final Hosts USUAL = new Hosts(true, false);
  }

  /** What is retried unless configured: only what certainly was not processed. */
  static final RetryRule IMPLICIT =
      new RetryRule(
          2,
          List.of("connect-failure", "refused-stream", "reset-before-request"),
          List.of(),
          List.of(),
          BackOff.USUAL,
          null,
          null,
          Hosts.USUAL,
          false);

  static RetryRule of(RouteRetry retry) {
    Integer attempts = retry.attempts();
    return new RetryRule(
        attempts == null ? IMPLICIT.attempts() : attempts,
        tokens(List.of(), retry.codes()),
        sorted(retry.codes()),
        List.of(),
        new BackOff(retry.backoff(), null, retry.backoff()),
        null,
        null,
        Hosts.USUAL,
        false);
  }

  static RetryRule of(RoutePolicySpec.Retry retry) {
    return new RetryRule(
        retry.attempts(),
        tokens(retry.on(), retry.codes()),
        sorted(retry.codes()),
        retry.conditions(),
        new BackOff(retry.backoffBase(), retry.backoffMax(), null),
        retry.perTryIdle(),
        retry.retryAfter(),
        Hosts.USUAL,
        false);
  }

  static RetryRule of(VirtualServiceSpec.Retries retry) {
    boolean said = !retry.on().isEmpty() || !retry.codes().isEmpty();
    return new RetryRule(
        retry.attempts(),
        tokens(said ? retry.on() : ISTIO_USUAL, retry.codes()),
        sorted(retry.codes()),
        List.of(),
        new BackOff(retry.backoff(), null, null),
        null,
        null,
        new Hosts(retry.ignorePreviousHosts(), retry.remoteLocalities()),
        false);
  }

  /** The same, with what the operator says about repeating. */
  RetryRule nonIdempotent(boolean allowed) {
    return new RetryRule(
        attempts, on, codes, conditions, backOff, perTryIdle, retryAfter, hosts, allowed);
  }

  /** What certainly was not processed is always among what is retried. */
  private static List<String> tokens(List<String> on, List<Integer> codes) {
    Collection<String> tokens = new TreeSet<>(IMPLICIT.on());
    tokens.addAll(on);
    if (!codes.isEmpty()) {
      tokens.add(BY_STATUS);
    }
    return List.copyOf(tokens);
  }

  private static List<Integer> sorted(List<Integer> codes) {
    return List.copyOf(new TreeSet<>(codes));
  }
}
