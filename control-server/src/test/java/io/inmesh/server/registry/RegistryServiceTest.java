package io.inmesh.server.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.ManualClock;
import io.inmesh.wire.registration.v1.Deregister;
import io.inmesh.wire.registration.v1.Drain;
import io.inmesh.wire.registration.v1.Health;
import io.inmesh.wire.registration.v1.HealthChange;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Port;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import io.opentelemetry.api.OpenTelemetry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The protocol, on one thread: an in-process server with a direct executor and virtual time. */
class RegistryServiceTest {
  private final ManualClock clock = new ManualClock();
  private final List<CompletableFuture<PropagationGate.Reach>> gates = new ArrayList<>();
  private Registry registry;
  private RegistryService service;
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws Exception {
    registry =
        Registry.open(RegistryOptions.DEFAULTS, clock, OpenTelemetry.noop().getMeter("test"));
    service =
        new RegistryService(
            registry,
            (key, revision, bound) -> {
              CompletableFuture<PropagationGate.Reach> gate = new CompletableFuture<>();
              gates.add(gate);
              return gate;
            },
            RegistrationPolicy.OPEN);
    String name = InProcessServerBuilder.generateName();
    server =
        InProcessServerBuilder.forName(name)
            .directExecutor()
            .addService(service.definition())
            .build()
            .start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() {
    channel.shutdownNow();
    server.shutdownNow();
  }

  @Test
  void register_answersEpochAndGrace() {
    Stream stream = new Stream();
    stream.register("a");

    assertThat(stream.last().getRegistered().getEpoch()).isEqualTo(1);
    assertThat(stream.last().getRegistered().getGraceMillis()).isEqualTo(15_000);
    assertThat(registry.snapshot().size()).isEqualTo(1);
    assertThat(service.streamCount()).isEqualTo(1);
  }

  @Test
  void register_saysWhenTheClientsHaveIt_andHoldsNothingUpUntilThen() {
    Stream stream = new Stream();
    stream.register("a");
    assertThat(stream.last().getRegistered().getPropagationMillis()).isEqualTo(2_000);
    stream.send(
        RegisterRequest.newBuilder()
            .setHealth(HealthChange.newBuilder().setHealth(Health.UNHEALTHY))
            .build());
    assertThat(stream.last().hasHealthChanged()).isTrue();

    gates.get(0).complete(new PropagationGate.Reach(1, 2));

    assertThat(stream.last().getPropagated().getAcknowledged()).isEqualTo(1);
    assertThat(stream.last().getPropagated().getWatching()).isEqualTo(2);
  }

  @Test
  void register_replacedMeanwhile_saysNothingOfTheFormer() {
    Stream stream = new Stream();
    stream.register("a");
    stream.register("a");
    gates.get(0).complete(new PropagationGate.Reach(0, 0));
    assertThat(stream.answers).hasSize(2);

    gates.get(1).complete(new PropagationGate.Reach(0, 0));

    assertThat(stream.last().hasPropagated()).isTrue();
  }

  @Test
  void health_transitions_areAnsweredAndPublished() {
    Stream stream = new Stream();
    stream.register("a");
    stream.send(
        RegisterRequest.newBuilder()
            .setHealth(HealthChange.newBuilder().setHealth(Health.UNHEALTHY))
            .build());

    assertThat(stream.last().hasHealthChanged()).isTrue();
    assertThat(health()).isEqualTo(InstanceHealth.UNHEALTHY);
  }

  @Test
  void drain_answersWhenTheClientsHaveIt() {
    Stream stream = new Stream();
    stream.register("a");
    stream.send(RegisterRequest.newBuilder().setDrain(Drain.getDefaultInstance()).build());

    assertThat(health()).isEqualTo(InstanceHealth.DRAINING);
    assertThat(stream.answers).hasSize(1);

    gates.get(1).complete(new PropagationGate.Reach(3, 4));

    assertThat(stream.last().getDrained().getAcknowledged()).isEqualTo(3);
    assertThat(stream.last().getDrained().getWatching()).isEqualTo(4);
    assertThat(stream.last().getDrained().getPropagationMillis()).isEqualTo(2_000);
  }

  @Test
  void drain_thenDeregisterAtOnce_answersInOrder() {
    Stream stream = new Stream();
    stream.register("a");
    stream.send(RegisterRequest.newBuilder().setDrain(Drain.getDefaultInstance()).build());
    stream.send(
        RegisterRequest.newBuilder().setDeregister(Deregister.getDefaultInstance()).build());
    assertThat(registry.snapshot().size()).isEqualTo(1);

    gates.get(1).complete(new PropagationGate.Reach(0, 0));

    assertThat(stream.answers)
        .extracting(RegisterResponse::getMessageCase)
        .containsExactly(
            RegisterResponse.MessageCase.REGISTERED,
            RegisterResponse.MessageCase.DRAINED,
            RegisterResponse.MessageCase.DEREGISTERED);
    assertThat(stream.ended).isEqualTo(Status.OK);
    assertThat(registry.snapshot().size()).isZero();
    assertThat(service.streamCount()).isZero();
  }

  @Test
  void streamBroken_leaseIsSuspect() {
    Stream stream = new Stream();
    stream.register("a");
    stream.requests.onError(Status.CANCELLED.asRuntimeException());

    assertThat(lease()).isEqualTo(LeaseState.SUSPECT);
    assertThat(service.streamCount()).isZero();
  }

  @Test
  void halfClose_withoutDeregister_leaseIsSuspect() {
    Stream stream = new Stream();
    stream.register("a");
    stream.requests.onCompleted();

    assertThat(stream.ended).isEqualTo(Status.OK);
    assertThat(lease()).isEqualTo(LeaseState.SUSPECT);
  }

  @Test
  void registerElsewhere_olderStreamEndsAbortedAndCannotUndo() {
    Stream old = new Stream();
    old.register("a");
    Stream current = new Stream();
    current.register("a");

    assertThat(old.status().getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(old.status().getDescription()).contains("default/orders/a");
    assertThat(lease()).isEqualTo(LeaseState.ACTIVE);
    assertThat(current.ended).isNull();
  }

  @Test
  void register_againOnTheSameStream_replaces() {
    Stream stream = new Stream();
    stream.register("a");
    stream.send(
        RegisterRequest.newBuilder().setRegister(instance("a").toBuilder().setWeight(7)).build());

    assertThat(stream.ended).isNull();
    assertThat(stream.last().getRegistered().getEpoch()).isEqualTo(2);
    assertThat(registry.snapshot().instances().findFirst().orElseThrow().instance().weight())
        .isEqualTo(7);
  }

  @Test
  void expelled_instance_isToldThatItMayNot_andMayComeBackLater() {
    Stream stream = new Stream();
    stream.register("a");
    registry.expel(registry.snapshot().instances().findFirst().orElseThrow().key(), "x is banned");
    clock.advanceMillis(1_000);

    assertThat(stream.status().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(stream.status().getDescription()).isEqualTo("x is banned");
    assertThat(registry.snapshot().instances()).isEmpty();
    Stream again = new Stream();
    again.register("a");
    assertThat(again.ended).isNull();
  }

  @Test
  void review_expelsWhatMayNotStay_heldToo_andTellsWhy() {
    Stream refused = new Stream();
    refused.register("refused");
    Stream stays = new Stream();
    stays.register("stays");
    List<Stream> most = List.of(new Stream(), new Stream(), new Stream());
    for (Stream silent : most) {
      silent.register("silent-" + most.indexOf(silent));
    }
    most.forEach(silent -> silent.requests.onError(Status.CANCELLED.asRuntimeException()));
    clock.advanceMillis(15_000);
    assertThat(registry.snapshot().instances())
        .extracting(RegisteredInstance::lease)
        .contains(LeaseState.HELD);

    registry.review(
        instance -> {
          if (!instance.key().id().equals("stays")) {
            throw RegistrationException.denied(instance.key().id() + " may not");
          }
        });
    clock.advanceMillis(0);

    assertThat(refused.status().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.status().getDescription()).isEqualTo("refused may not");
    assertThat(stays.ended).isNull();
    assertThat(registry.snapshot().instances())
        .extracting(instance -> instance.key().id())
        .containsExactly("stays");
  }

  @Test
  void register_anotherIdOnTheSameStream_isRefused() {
    Stream stream = new Stream();
    stream.register("a");
    stream.register("b");

    assertThat(stream.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(stream.status().getDescription()).startsWith("id: ");
  }

  @Test
  void badClaim_endsWithInvalidArgumentNamingTheField() {
    Stream stream = new Stream();
    stream.send(
        RegisterRequest.newBuilder()
            .setRegister(
                instance("a").toBuilder().setPorts(0, Port.newBuilder().setInstancePort(70_000)))
            .build());

    assertThat(stream.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(stream.status().getDescription())
        .isEqualTo("ports[0].instance_port: must be between 1 and 65535, got 70000");
  }

  @Test
  void firstMessage_notRegister_isRefused() {
    Stream stream = new Stream();
    stream.send(RegisterRequest.newBuilder().setDrain(Drain.getDefaultInstance()).build());

    assertThat(stream.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(stream.status().getDescription()).isEqualTo("message: the first must be register");
  }

  @Test
  void firstMessage_missing_endsAfterTenSeconds() {
    Stream stream = new Stream();
    clock.advanceMillis(9_999);
    assertThat(stream.ended).isNull();
    clock.advanceMillis(1);

    assertThat(stream.status().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void closeStreams_spreadsAndKeepsInstances() {
    Stream first = new Stream();
    first.register("a");
    Stream second = new Stream();
    second.register("b");

    service.closeStreams(java.time.Duration.ofSeconds(10));
    clock.advanceMillis(0);
    assertThat(first.ended == null ^ second.ended == null).isTrue();
    clock.advanceMillis(5_000);

    assertThat(first.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(second.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(registry.snapshot().size()).isEqualTo(2);
  }

  private InstanceHealth health() {
    return registry.snapshot().instances().findFirst().orElseThrow().health();
  }

  private LeaseState lease() {
    return registry.snapshot().instances().findFirst().orElseThrow().lease();
  }

  private static Instance instance(String id) {
    return Instance.newBuilder()
        .setId(id)
        .setService("orders")
        .setAddress("10.0.0.1")
        .addPorts(Port.newBuilder().setName("http").setInstancePort(8080))
        .build();
  }

  private final class Stream implements StreamObserver<RegisterResponse> {
    final List<RegisterResponse> answers = new ArrayList<>();
    final StreamObserver<RegisterRequest> requests = RegistryGrpc.newStub(channel).register(this);
    @Nullable Status ended;

    void register(String id) {
      send(RegisterRequest.newBuilder().setRegister(instance(id)).build());
    }

    void send(RegisterRequest request) {
      requests.onNext(request);
    }

    Status status() {
      return java.util.Objects.requireNonNull(ended, "the stream is open");
    }

    RegisterResponse last() {
      return answers.get(answers.size() - 1);
    }

    @Override
    public void onNext(RegisterResponse answer) {
      answers.add(answer);
    }

    @Override
    public void onError(Throwable failure) {
      ended = Status.fromThrowable(failure);
    }

    @Override
    public void onCompleted() {
      ended = Status.OK;
    }
  }
}
