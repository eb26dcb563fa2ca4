package io.inmesh.filter.jwt;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Clock;
import io.inmesh.control.ControlLoop;
import io.inmesh.model.JwtProvider;
import java.lang.System.Logger.Level;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keys that are fetched in the background, again before they are stale, and kept however long
 * fetching fails. An unknown key id has them fetched at once, but no more often than every {@link
 * #LOOK_AGAIN_NANOS}: a key that was rotated in is known after one request, and strangers cannot
 * make this process hammer the issuer. State belongs to the control loop; reading is thread-safe.
 */
final class RemoteKeys implements Keys {
  static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long MIN_REFRESH_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long FIRST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_RETRY_NANOS = TimeUnit.MINUTES.toNanos(1);
  private static final System.Logger LOG = System.getLogger(RemoteKeys.class.getName());

  private final JwtProvider.Keys.Remote source;
  private final KeyFetcher fetcher;
  private final ControlLoop loop;
  private final CircuitBreaker breaker;
  private volatile KeySet current = KeySet.EMPTY;
  private volatile CompletableFuture<Void> pending = new CompletableFuture<>();
  private volatile long lookedAt;
  private long retryNanos = FIRST_RETRY_NANOS;
  private boolean failing;
  private Cancellable timer = Cancellable.NONE;

  private RemoteKeys(JwtProvider.Keys.Remote source, KeyFetcher fetcher, ControlLoop loop) {
    this.source = source;
    this.fetcher = fetcher;
    this.loop = loop;
    this.lookedAt = loop.clock().nanoTime();
    Clock clock = loop.clock();
    this.breaker =
        CircuitBreaker.of(
            source.uri().getHost(),
            CircuitBreakerConfig.custom()
                .slidingWindowSize(5)
                .minimumNumberOfCalls(5)
                .waitDurationInOpenState(Duration.ofSeconds(30))
                .currentTimestampFunction(c -> clock.nanoTime(), TimeUnit.NANOSECONDS)
                .build());
  }

  /** Begins to fetch. Goes on until nobody holds the result any more. */
  static RemoteKeys start(JwtProvider.Keys.Remote source, KeyFetcher fetcher, ControlLoop loop) {
    RemoteKeys keys = new RemoteKeys(source, fetcher, loop);
    loop.execute(keys::fetch);
    return keys;
  }

  @Override
  public KeySet current() {
    return current;
  }

  @Override
  public @Nullable CompletionStage<Void> lookFor(String keyId) {
    CompletableFuture<Void> underWay = pending;
    if (!underWay.isDone()) {
      return underWay;
    }
    if (loop.clock().nanoTime() - lookedAt < LOOK_AGAIN_NANOS) {
      return null;
    }
    CompletableFuture<Void> looked = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (pending.isDone() && loop.clock().nanoTime() - lookedAt >= LOOK_AGAIN_NANOS) {
            pending = new CompletableFuture<>();
            fetch();
          }
          var unused = pending.thenRun(() -> looked.complete(null));
        });
    return looked;
  }

  /** On the loop. */
  private void fetch() {
    timer.cancel();
    lookedAt = loop.clock().nanoTime();
    if (!breaker.tryAcquirePermission()) {
      ended(LAST_RETRY_NANOS);
      return;
    }
    var unused =
        fetcher
            .fetch(source.uri(), source.timeout())
            .thenApply(answer -> new Fetched(KeySet.parse(answer.body()), answer.maxAge()))
            .whenCompleteAsync(this::fetched, loop);
  }

  private record Fetched(KeySet keys, Duration maxAge) {}

  private void fetched(@Nullable Fetched fetched, @Nullable Throwable failure) {
    long took = loop.clock().nanoTime() - lookedAt;
    if (fetched == null) {
      Throwable cause =
          failure == null || failure.getCause() == null ? failure : failure.getCause();
      breaker.onError(took, TimeUnit.NANOSECONDS, new IllegalStateException());
      if (!failing) {
        LOG.log(
            Level.WARNING,
            "keys of {0} cannot be fetched, those known stay in use: {1}",
            source.uri().getHost(),
            cause == null ? "unknown" : cause.getMessage());
      }
      failing = true;
      long wait = retryNanos;
      retryNanos = Math.min(LAST_RETRY_NANOS, retryNanos * 2);
      ended(wait);
      return;
    }
    breaker.onSuccess(took, TimeUnit.NANOSECONDS);
    if (failing) {
      LOG.log(Level.INFO, "keys of {0} are fetched again", source.uri().getHost());
    }
    failing = false;
    retryNanos = FIRST_RETRY_NANOS;
    current = fetched.keys();
    Duration fresh = source.refresh();
    if (!fetched.maxAge().isNegative() && fetched.maxAge().compareTo(fresh) < 0) {
      fresh = fetched.maxAge();
    }
    ended(Math.max(MIN_REFRESH_NANOS, fresh.toNanos()));
  }

  private void ended(long waitNanos) {
    pending.complete(null);
    WeakReference<RemoteKeys> self = new WeakReference<>(this);
    timer = loop.schedule(waitNanos, () -> again(self));
  }

  private static void again(WeakReference<RemoteKeys> self) {
    RemoteKeys keys = self.get();
    if (keys != null) {
      keys.pending = new CompletableFuture<>();
      keys.fetch();
    }
  }
}
