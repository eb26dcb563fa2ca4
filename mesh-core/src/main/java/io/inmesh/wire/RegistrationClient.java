package io.inmesh.wire;

import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.wire.registration.v1.Deregister;
import io.inmesh.wire.registration.v1.Drain;
import io.inmesh.wire.registration.v1.Drained;
import io.inmesh.wire.registration.v1.Health;
import io.inmesh.wire.registration.v1.HealthChange;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.lang.System.Logger.Level;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one instance registered: a stream that is opened again, with the same id, whenever it
 * breaks. State lives on the control loop; methods may be called by any thread.
 */
public final class RegistrationClient {
  private static final System.Logger LOG = System.getLogger(RegistrationClient.class.getName());
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long REFUSED_RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ControlChannel channel;
  private final ControlLoop loop;
  private final Backoff backoff;
  private final String label;
  private final CompletableFuture<Void> registeredOnce = new CompletableFuture<>();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final long drainNanos;
  private Instance instance;
  private @Nullable Stream stream;
  private Cancellable timer = Cancellable.NONE;
  private boolean draining;
  private boolean ending;
  private String lastRefusal = "";

  /**
   * Begins to register.
   *
   * @param drainNanos how long a drain may take before it counts as done
   */
  public static RegistrationClient start(
      ControlChannel channel,
      Instance instance,
      long drainNanos,
      ControlLoop loop,
      Randomness random) {
    RegistrationClient client = new RegistrationClient(channel, instance, drainNanos, loop, random);
    loop.execute(client::connect);
    return client;
  }

  private RegistrationClient(
      ControlChannel channel,
      Instance instance,
      long drainNanos,
      ControlLoop loop,
      Randomness random) {
    this.channel = channel;
    this.instance = instance;
    this.drainNanos = drainNanos;
    this.loop = loop;
    backoff = new Backoff(FIRST_RETRY_NANOS, LAST_RETRY_NANOS, random);
    label = instance.getService() + "." + instance.getNamespace() + "/" + instance.getId();
  }

  /** Completes when callers can first find the instance, fails when the server refuses it. */
  public CompletableFuture<Void> registered() {
    return registeredOnce.copy();
  }

  /** Announces a change of health, now and after every reconnect. */
  public void health(Health health) {
    loop.execute(
        () -> {
          if (draining || ending || instance.getHealth() == health) {
            return;
          }
          instance = instance.toBuilder().setHealth(health).build();
          if (stream != null && stream.accepted) {
            stream.send(
                RegisterRequest.newBuilder()
                    .setHealth(HealthChange.newBuilder().setHealth(health))
                    .build());
          }
        });
  }

  /**
   * Takes the instance out of new picks. Completes when those who watch the service know, when
   * nobody can be told, or after the time given; never fails. Repeated calls share one drain.
   */
  public CompletableFuture<Void> drain() {
    loop.execute(
        () -> {
          if (draining) {
            return;
          }
          draining = true;
          instance = instance.toBuilder().setHealth(Health.DRAINING).build();
          if (stream == null || !stream.accepted) {
            drained.complete(null);
            return;
          }
          stream.send(RegisterRequest.newBuilder().setDrain(Drain.getDefaultInstance()).build());
          loop.schedule(drainNanos, () -> drained.complete(null));
        });
    return drained.copy();
  }

  /**
   * Removes the instance at once. Completes when the server has confirmed, or when it cannot be
   * told; never fails.
   */
  public CompletableFuture<Void> deregister() {
    loop.execute(
        () -> {
          if (ending) {
            return;
          }
          ending = true;
          timer.cancel();
          drained.complete(null);
          if (stream == null || !stream.accepted) {
            end();
            return;
          }
          stream.send(
              RegisterRequest.newBuilder().setDeregister(Deregister.getDefaultInstance()).build());
        });
    return ended.copy();
  }

  private void end() {
    Stream open = stream;
    stream = null;
    if (open != null) {
      open.cancel();
    }
    registeredOnce.completeExceptionally(
        Status.CANCELLED.withDescription("the registration was closed").asRuntimeException());
    ended.complete(null);
  }

  private void connect() {
    if (ending || stream != null) {
      return;
    }
    Stream opened = new Stream();
    stream = opened;
    RegistryGrpc.newStub(channel.channel()).withWaitForReady().register(opened);
    opened.send(RegisterRequest.newBuilder().setRegister(instance).build());
  }

  private void received(Stream from, RegisterResponse response) {
    if (from != stream) {
      return;
    }
    switch (response.getMessageCase()) {
      case REGISTERED -> {
        from.accepted = true;
        backoff.reset();
        lastRefusal = "";
        LOG.log(
            registeredOnce.isDone() ? Level.DEBUG : Level.INFO,
            "registered as {0}, epoch {1}",
            label,
            String.valueOf(response.getRegistered().getEpoch()));
        if (response.getRegistered().getPropagationMillis() == 0) {
          registeredOnce.complete(null);
        }
      }
      case PROPAGATED -> registeredOnce.complete(null);
      case DRAINED -> {
        Drained answer = response.getDrained();
        LOG.log(
            Level.INFO,
            "{0} is drained: {1} of {2} clients know",
            label,
            answer.getAcknowledged(),
            answer.getWatching());
        drained.complete(null);
      }
      case DEREGISTERED -> end();
      case HEALTH_CHANGED, MESSAGE_NOT_SET -> {}
    }
  }

  private void closed(Stream from, Status status) {
    if (from != stream) {
      return;
    }
    stream = null;
    if (draining) {
      // Nobody can be told now; the instance comes back as draining.
      drained.complete(null);
    }
    if (ending) {
      end();
      return;
    }
    long pause = backoff.nextNanos();
    switch (status.getCode()) {
      case ABORTED -> {
        LOG.log(
            Level.ERROR,
            "{0} is not registered any more and will not come back: {1}",
            label,
            status.getDescription());
        registeredOnce.completeExceptionally(status.asRuntimeException());
        return;
      }
      case INVALID_ARGUMENT,
          PERMISSION_DENIED,
          RESOURCE_EXHAUSTED,
          UNAUTHENTICATED,
          UNIMPLEMENTED -> {
        String refusal = status.getCode() + ": " + status.getDescription();
        if (!refusal.equals(lastRefusal)) {
          LOG.log(
              Level.ERROR,
              "the control server at ''{0}'' does not register {1}: {2}",
              channel.target(),
              label,
              refusal);
        }
        lastRefusal = refusal;
        registeredOnce.completeExceptionally(status.asRuntimeException());
        pause = REFUSED_RETRY_NANOS;
      }
      default -> {
        if (from.accepted) {
          LOG.log(Level.INFO, "the registration stream of {0} broke: {1}", label, status.getCode());
        }
      }
    }
    timer = loop.schedule(pause, this::connect);
  }

  /** One stream; its callbacks move to the control loop. */
  private final class Stream implements ClientResponseObserver<RegisterRequest, RegisterResponse> {
    private @Nullable ClientCallStreamObserver<RegisterRequest> requests;
    boolean accepted;

    @Override
    public void beforeStart(ClientCallStreamObserver<RegisterRequest> observer) {
      requests = observer;
    }

    @Override
    public void onNext(RegisterResponse response) {
      loop.execute(() -> received(this, response));
    }

    @Override
    public void onError(Throwable failure) {
      Status status = Status.fromThrowable(failure);
      loop.execute(() -> closed(this, status));
    }

    @Override
    public void onCompleted() {
      loop.execute(() -> closed(this, Status.UNAVAILABLE.withDescription("ended by the server")));
    }

    void send(RegisterRequest request) {
      ClientCallStreamObserver<RegisterRequest> observer = requests;
      if (observer != null) {
        observer.onNext(request);
      }
    }

    void cancel() {
      ClientCallStreamObserver<RegisterRequest> observer = requests;
      if (observer != null) {
        observer.cancel("the registration ended", null);
      }
    }
  }
}
