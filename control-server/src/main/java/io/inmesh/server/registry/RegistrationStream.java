package io.inmesh.server.registry;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.wire.registration.v1.Deregistered;
import io.inmesh.wire.registration.v1.Drained;
import io.inmesh.wire.registration.v1.HealthChanged;
import io.inmesh.wire.registration.v1.Propagated;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.Registered;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One stream, which is one lease. Messages are taken one at a time, the next when the last is
 * answered, so that answers keep the order and a caller cannot queue work here. That callers can
 * find a new instance is told when it is so, and holds nothing up. Everything but parsing happens
 * on the registry's thread.
 */
final class RegistrationStream implements StreamObserver<RegisterRequest> {
  private static final Duration FIRST_MESSAGE = Duration.ofSeconds(10);

  private final Registry registry;
  private final ControlLoop loop;
  private final PropagationGate gate;
  private final RegistrationPolicy policy;
  private final Context caller = Context.current();
  private final ServerCallStreamObserver<RegisterResponse> out;
  private final String remoteAddress;
  private final Consumer<RegistrationStream> onClosed;
  private volatile Cancellable firstMessage = Cancellable.NONE;
  private @Nullable Lease lease;
  private boolean replacing;
  private boolean closed;

  RegistrationStream(
      Registry registry,
      PropagationGate gate,
      RegistrationPolicy policy,
      ServerCallStreamObserver<RegisterResponse> out,
      String remoteAddress,
      Consumer<RegistrationStream> onClosed) {
    this.registry = registry;
    this.loop = registry.loop();
    this.gate = gate;
    this.policy = policy;
    this.out = out;
    this.remoteAddress = remoteAddress;
    this.onClosed = onClosed;
  }

  void begin() {
    out.setOnCancelHandler(() -> loop.execute(this::lost));
    out.disableAutoRequest();
    out.request(1);
    firstMessage = loop.schedule(FIRST_MESSAGE.toNanos(), this::firstMessageOverdue);
  }

  private void firstMessageOverdue() {
    if (lease == null) {
      close(
          Status.INVALID_ARGUMENT.withDescription(
              "message: no register within " + FIRST_MESSAGE.toSeconds() + " s"));
    }
  }

  @Override
  public void onNext(RegisterRequest request) {
    try {
      Runnable task =
          switch (request.getMessageCase()) {
            case REGISTER -> {
              Instance claimed =
                  registry.validated(InstanceProto.claim(request.getRegister()), remoteAddress);
              yield () -> register(claimed);
            }
            case HEALTH -> {
              InstanceHealth health = InstanceProto.health(request.getHealth().getHealth());
              yield () -> changeHealth(health);
            }
            case DRAIN -> this::drain;
            case DEREGISTER -> this::deregister;
            case MESSAGE_NOT_SET ->
                throw RegistrationException.invalid(
                    "message", "must be one of register, health, drain, deregister");
          };
      loop.execute(
          () -> {
            if (!closed) {
              task.run();
            }
          });
    } catch (RegistrationException e) {
      loop.execute(() -> close(status(e)));
    }
  }

  private void register(Instance claimed) {
    Lease previous = lease;
    if (previous != null && !previous.key.equals(claimed.key())) {
      close(
          Status.INVALID_ARGUMENT.withDescription(
              "id: this stream is the lease of "
                  + previous.key
                  + ", use another for "
                  + claimed.key()));
      return;
    }
    replacing = true;
    try {
      // Here, not before it was queued: a review in between would miss it.
      Instance instance = policy.admit(claimed, caller);
      Duration grace = registry.terms().grace();
      Lease granted = registry.register(instance, LeaseKind.STREAM, grace, this::ended);
      lease = granted;
      firstMessage.cancel();
      Duration bound = registry.options().propagationBound();
      answer(
          RegisterResponse.newBuilder()
              .setRegistered(
                  Registered.newBuilder()
                      .setEpoch(granted.epoch)
                      .setGraceMillis((int) grace.toMillis())
                      .setPropagationMillis((int) bound.toMillis()))
              .build());
      whenPropagated(granted, bound, reach -> propagated(granted, reach));
    } catch (RegistrationException e) {
      close(status(e));
    } finally {
      replacing = false;
    }
  }

  /** Continues on the registry's thread when those who watch the service know how it is now. */
  private void whenPropagated(Lease held, Duration bound, Consumer<PropagationGate.Reach> then) {
    gate.await(held.key.serviceKey(), registry.flush(), bound)
        .whenComplete((reach, failure) -> loop.execute(() -> then.accept(reach)));
  }

  private void propagated(Lease granted, PropagationGate.Reach reach) {
    if (!closed && lease == granted) {
      out.onNext(
          RegisterResponse.newBuilder()
              .setPropagated(
                  Propagated.newBuilder()
                      .setAcknowledged(reach.acknowledged())
                      .setWatching(reach.watching()))
              .build());
    }
  }

  private void changeHealth(InstanceHealth health) {
    Lease held = registered();
    if (held != null) {
      registry.changeHealth(held, health);
      answer(
          RegisterResponse.newBuilder()
              .setHealthChanged(HealthChanged.getDefaultInstance())
              .build());
    }
  }

  private void drain() {
    Lease held = registered();
    if (held == null) {
      return;
    }
    registry.changeHealth(held, InstanceHealth.DRAINING);
    Duration bound = registry.options().propagationBound();
    whenPropagated(held, bound, reach -> drained(reach, bound));
  }

  private void drained(PropagationGate.Reach reach, Duration bound) {
    if (!closed) {
      answer(
          RegisterResponse.newBuilder()
              .setDrained(
                  Drained.newBuilder()
                      .setAcknowledged(reach.acknowledged())
                      .setWatching(reach.watching())
                      .setPropagationMillis((int) bound.toMillis()))
              .build());
    }
  }

  private void deregister() {
    Lease held = registered();
    if (held != null) {
      registry.deregister(held);
      lease = null;
      out.onNext(
          RegisterResponse.newBuilder().setDeregistered(Deregistered.getDefaultInstance()).build());
      closed = true;
      out.onCompleted();
      onClosed.accept(this);
    }
  }

  private @Nullable Lease registered() {
    if (lease == null) {
      close(Status.INVALID_ARGUMENT.withDescription("message: the first must be register"));
    }
    return lease;
  }

  private void answer(RegisterResponse response) {
    out.onNext(response);
    out.request(1);
  }

  /** Another registration of the same key has taken over, or it may not be here any more. */
  private void ended(RegistrationException why) {
    if (!replacing) {
      lease = null;
      close(status(why));
    }
  }

  /** Ends the stream from this side; a lease that is still in force becomes suspect. */
  void close(Status status) {
    if (!closed) {
      out.onError(status.asRuntimeException());
      lost();
    }
  }

  private void lost() {
    if (!closed) {
      closed = true;
      firstMessage.cancel();
      onClosed.accept(this);
      if (lease != null) {
        registry.streamLost(lease);
      }
    }
  }

  @Override
  public void onError(Throwable failure) {
    loop.execute(this::lost);
  }

  @Override
  public void onCompleted() {
    loop.execute(
        () -> {
          if (!closed) {
            out.onCompleted();
            lost();
          }
        });
  }

  private static Status status(RegistrationException e) {
    Status status =
        switch (e.reason()) {
          case INVALID -> Status.INVALID_ARGUMENT;
          case SUPERSEDED -> Status.ABORTED;
          case UNKNOWN -> Status.NOT_FOUND;
          case FULL -> Status.RESOURCE_EXHAUSTED;
          case DENIED -> Status.PERMISSION_DENIED;
        };
    return status.withDescription(e.getMessage());
  }
}
