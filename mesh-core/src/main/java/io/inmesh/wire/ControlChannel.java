package io.inmesh.wire;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The one connection to the control server, shared by ADS and registration. It reconnects for ever
 * with its own jittered back-off (gRPC's would grow to two minutes), says once what is wrong and
 * once that it is right again. Thread-safe.
 */
public final class ControlChannel implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ControlChannel.class.getName());
  private static final long REPEAT_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final int MAX_MESSAGE = 64 << 20;
  private static final int MAX_COMPLAINTS = 16;

  private final String target;
  private final ManagedChannel channel;
  private final ControlLoop loop;
  private final Backoff backoff;
  private final CompletableFuture<Void> connectedOnce = new CompletableFuture<>();
  private Cancellable timer = Cancellable.NONE;
  private boolean retrying;
  private final Map<String, Long> complaints = new HashMap<>();
  private volatile boolean connected;
  private volatile @Nullable String problem;

  /** Begins to connect at once. */
  public static ControlChannel open(
      String target, ChannelCredentials credentials, ControlLoop loop, Randomness random) {
    return open(target, credentials, loop, random, CompletableFuture.completedFuture(null));
  }

  /**
   * Begins to connect.
   *
   * @param target {@code host:port} or a gRPC target
   * @param credentials plaintext or TLS
   * @param loop where state is kept
   * @param ready nothing is connected before it completes; it never fails
   */
  public static ControlChannel open(
      String target,
      ChannelCredentials credentials,
      ControlLoop loop,
      Randomness random,
      CompletionStage<Void> ready) {
    ControlChannel opened = new ControlChannel(target, credentials, loop, random, ready);
    loop.execute(opened::stateChanged);
    return opened;
  }

  private ControlChannel(
      String target,
      ChannelCredentials credentials,
      ControlLoop loop,
      Randomness random,
      CompletionStage<Void> ready) {
    this.target = target;
    this.loop = loop;
    backoff = new Backoff(TimeUnit.MILLISECONDS.toNanos(100), TimeUnit.SECONDS.toNanos(5), random);
    channel =
        ControlResolver.builder(target, credentials, random, ready)
            .disableRetry()
            .maxInboundMessageSize(MAX_MESSAGE)
            .keepAliveTime(30, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .build();
  }

  /** To make calls on. */
  public Channel channel() {
    return channel;
  }

  /** What it was opened with. */
  public String target() {
    return target;
  }

  /** Whether the connection stands. */
  public boolean connected() {
    return connected;
  }

  /** Why it does not work, for people; null while nothing is known to be wrong. */
  public @Nullable String problem() {
    return problem;
  }

  /** Completes with the first connection; never fails. */
  public CompletionStage<Void> whenConnected() {
    return connectedOnce;
  }

  /** A service on this connection failed: remembered, and logged unless it was recently. */
  public void failed(Status status) {
    loop.execute(() -> complain(status));
  }

  /** A service on this connection works: what was wrong is right again. */
  public void works() {
    if (problem != null) {
      loop.execute(this::recovered);
    }
  }

  private void stateChanged() {
    ConnectivityState state = channel.getState(true);
    connected = state == ConnectivityState.READY;
    switch (state) {
      case READY -> {
        backoff.reset();
        connectedOnce.complete(null);
      }
      case TRANSIENT_FAILURE -> retryLater();
      case SHUTDOWN -> {
        return;
      }
      default -> {}
    }
    channel.notifyWhenStateChanged(state, () -> loop.execute(this::stateChanged));
  }

  private void retryLater() {
    if (retrying) {
      return;
    }
    retrying = true;
    diagnose();
    timer =
        loop.schedule(
            backoff.nextNanos(),
            () -> {
              retrying = false;
              if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
                channel.resetConnectBackoff();
                retryLater();
              }
            });
  }

  /**
   * While the channel is broken a call that does not wait fails at once with the reason, without
   * any network; that is the only way to learn it.
   */
  private void diagnose() {
    ClientCall<RegisterRequest, RegisterResponse> probe =
        channel.newCall(RegistryGrpc.getRegisterMethod(), CallOptions.DEFAULT);
    probe.start(
        new ClientCall.Listener<RegisterResponse>() {
          private boolean alive;

          @Override
          public void onReady() {
            alive = true;
            probe.cancel("only a probe", null);
          }

          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!alive) {
              failed(status);
            }
          }
        },
        new Metadata());
  }

  private void complain(Status status) {
    if (channel.isShutdown()) {
      return;
    }
    String description = ControlFailure.describe(target, status);
    problem = description;
    long now = loop.clock().nanoTime();
    Long last = complaints.get(description);
    if (last == null || now - last >= REPEAT_NANOS) {
      if (complaints.size() >= MAX_COMPLAINTS) {
        complaints.clear();
      }
      complaints.put(description, now);
      LOG.log(Level.WARNING, "{0}; still trying, calls use what is known", description);
    }
  }

  private void recovered() {
    if (!complaints.isEmpty()) {
      LOG.log(Level.INFO, "the control server at ''{0}'' answers again", target);
      complaints.clear();
    }
    problem = null;
  }

  /** New calls use a new connection, with the newest certificate; those in progress go on. */
  public void reconnect() {
    channel.enterIdle();
    loop.execute(() -> channel.getState(true));
  }

  /** Closes the connection at once. Idempotent. */
  @Override
  public void close() {
    timer.cancel();
    connected = false;
    channel.shutdownNow();
  }
}
