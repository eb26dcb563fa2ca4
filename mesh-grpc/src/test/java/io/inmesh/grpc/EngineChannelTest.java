package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.UNARY;
import static io.inmesh.grpc.TestService.idempotent;
import static io.inmesh.testing.Snapshots.endpoint;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.RetryRatio;
import io.inmesh.model.Rewrite;
import io.inmesh.model.RouteAction;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Channels on the real engine. */
class EngineChannelTest {
  private static final String ORDERS = Snapshots.clusterName("orders", 80);

  private final EngineMesh mesh = new EngineMesh();
  private final TestService one = new TestService();
  private final TestService two = new TestService();
  private final ManagedChannel channel = MeshChannels.forTarget(mesh, "mesh:///orders");

  @BeforeEach
  void start() throws IOException {
    one.start();
    two.start();
  }

  @AfterEach
  void nothingLeaks() {
    Eventually.until("the engine is idle", mesh.engine::idle);
    channel.shutdownNow(); // does not wait for subchannels that lost their endpoint
    one.close();
    two.close();
    Eventually.until("the channel stops", channel::isTerminated);
  }

  private static Endpoint at(TestService service) {
    return endpoint("127.0.0.1", service.port());
  }

  private static Snapshots orders(Endpoint... endpoints) {
    return Snapshots.builder().add("orders", 80, Cluster.Protocol.HTTP2, endpoints);
  }

  private static Cluster limited(CircuitBreakers breakers, Endpoint... endpoints) {
    Cluster plain = Snapshots.cluster(ORDERS, "orders", Snapshots.local(endpoints));
    return new Cluster(
        plain.name(),
        plain.service(),
        plain.localities(),
        plain.overprovisioning(),
        plain.drops(),
        plain.balancer(),
        plain.connectTimeout(),
        Cluster.Protocol.HTTP2,
        breakers,
        plain.outliers(),
        plain.tls());
  }

  private String call(String request, CallOptions options) {
    return ClientCalls.blockingUnaryCall(channel, UNARY, options, request);
  }

  private Future<String> later(String request, CallOptions options) {
    return ClientCalls.futureUnaryCall(channel.newCall(UNARY, options), request);
  }

  private Status failure(String request, CallOptions options) {
    StatusRuntimeException thrown =
        catchThrowableOfType(StatusRuntimeException.class, () -> call(request, options));
    assertThat(thrown).isNotNull();
    return thrown.getStatus();
  }

  private static Reason reason(Status status) {
    assertThat(status.getCause()).isInstanceOf(MeshException.class);
    return ((MeshException) status.getCause()).reason();
  }

  @Test
  void call_beforeConfiguration_waitsForIt() throws Exception {
    Future<String> answer = later("hello", CallOptions.DEFAULT);
    assertThat(answer.isDone()).isFalse();
    mesh.update(orders(at(one)).build());
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
  }

  @Test
  void call_withoutConfiguration_endsWithItsDeadline() {
    Status status =
        failure("hello", CallOptions.DEFAULT.withDeadlineAfter(150, TimeUnit.MILLISECONDS));
    assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(reason(status)).isEqualTo(Reason.NOT_READY);
  }

  @Test
  void unknownService_isUnavailableAtOnce() {
    String name = Snapshots.fqdn("orders");
    mesh.update(Snapshots.builder().absent(name, name + ":80").build());
    Status status = failure("hello", CallOptions.DEFAULT);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(reason(status)).isEqualTo(Reason.NO_SUCH_SERVICE);
  }

  @Test
  void serviceWithoutEndpoints_isUnavailable() {
    mesh.update(orders().build());
    Status status = failure("hello", CallOptions.DEFAULT);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(reason(status)).isEqualTo(Reason.NO_HEALTHY_ENDPOINT);
  }

  @Test
  void waitForReady_waitsForTheFirstEndpoint() throws Exception {
    mesh.update(orders().build());
    Future<String> answer = later("hello", CallOptions.DEFAULT.withWaitForReady());
    assertThat(answer.isDone()).isFalse();
    mesh.update(orders(at(one)).build());
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
  }

  @Test
  void targets_withPortAndNamespace_reachTheService() {
    mesh.update(orders(at(one)).build());
    for (String target :
        List.of(
            "mesh:///orders:80",
            "mesh:///orders.default",
            "mesh:///orders.default.svc.cluster.local",
            "mesh:///orders.default.svc.cluster.local:80")) {
      ManagedChannel other = MeshChannels.forTarget(mesh, target);
      assertThat(ClientCalls.blockingUnaryCall(other, UNARY, CallOptions.DEFAULT, target))
          .isEqualTo(target);
      other.shutdown();
    }
  }

  @Test
  void retry_configuredStatus_happensForIdempotentCallsOnly() {
    mesh.update(
        orders(at(one))
            .routes("orders", 80, TestRoute.any().to(ORDERS).retry(2, "unavailable"))
            .build());
    assertThat(call("flaky 2 a", idempotent())).isEqualTo("flaky 2 a");
    assertThat(one.calls).hasValue(3);
    assertThat(failure("flaky 1 b", CallOptions.DEFAULT).getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(one.calls).hasValue(4);
  }

  @Test
  void retry_perTryTimeout_goesToTheOtherHost() {
    mesh.update(orders(at(one), at(two)).build());
    Eventually.until("both are connected and serve", () -> spread());
    mesh.update(
        orders(at(one), at(two))
            .routes(
                "orders",
                80,
                TestRoute.any()
                    .to(ORDERS)
                    .retry(
                        TestRoute.retryPolicy(
                            1, Duration.ofMillis(500), "unavailable", "deadline-exceeded")))
            .build());
    int before = one.calls.get() + two.calls.get();
    failure("hang", idempotent());
    assertThat(one.calls.get() + two.calls.get()).isEqualTo(before + 2);
    assertThat(one.hanging).hasSize(1);
    assertThat(two.hanging).hasSize(1);
    Eventually.until(
        "both streams are reset", () -> one.cancelled.get() == 1 && two.cancelled.get() == 1);
  }

  private boolean spread() {
    call("hello", CallOptions.DEFAULT);
    return one.calls.get() > 0 && two.calls.get() > 0;
  }

  @Test
  void deadline_reachesTheServer() {
    mesh.update(orders(at(one)).build());
    call("hello", CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
    assertThat(one.lastDeadlineMillis).isBetween(1L, 20_000L);
    call("hello", CallOptions.DEFAULT);
    assertThat(one.lastDeadlineMillis).isEqualTo(-1);
  }

  private MeshSnapshot lasting(Duration most) {
    return orders(at(one))
        .routes("orders", 80, TestRoute.any().to(ORDERS).maxStreamDuration(most))
        .build();
  }

  @Test
  void maxStreamDuration_reachesTheServer_andEndsTheCall() {
    mesh.update(lasting(Duration.ofSeconds(20)));
    call("hello", CallOptions.DEFAULT);
    assertThat(one.lastDeadlineMillis).isBetween(1L, 20_000L);
    mesh.update(lasting(Duration.ofMillis(300)));
    assertThat(failure("hang", CallOptions.DEFAULT).getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void rewrittenPath_callsTheOtherMethod() {
    mesh.update(
        orders(at(one))
            .routes(
                "orders",
                80,
                TestRoute.exact("/old.Strings/Unary")
                    .to(ORDERS)
                    .rewrite(new Rewrite(null, "/test.Strings/Unary", null, null, null)))
            .build());
    MethodDescriptor<String, String> old =
        UNARY.toBuilder().setFullMethodName("old.Strings/Unary").build();
    assertThat(ClientCalls.blockingUnaryCall(channel, old, CallOptions.DEFAULT, "hello"))
        .isEqualTo("hello");
  }

  @Test
  void directResponse_becomesAStatus() {
    mesh.update(
        orders(at(one))
            .routes(
                "orders",
                80,
                TestRoute.any().action(new RouteAction.DirectResponse(403, "go away")))
            .build());
    Status status = failure("hello", CallOptions.DEFAULT);
    assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).isEqualTo("go away");
    assertThat(one.calls).hasValue(0);
  }

  @Test
  void requestsOverTheLimit_areRefused() throws Exception {
    CircuitBreakers.Limits limits =
        new CircuitBreakers.Limits(
            Integer.MAX_VALUE, Integer.MAX_VALUE, 1, Integer.MAX_VALUE, null);
    mesh.update(
        orders(at(one)).cluster(limited(new CircuitBreakers(limits, limits), at(one))).build());
    Future<String> first = later("hang", CallOptions.DEFAULT);
    Eventually.until("it hangs", () -> one.hanging.size() == 1);
    Status status = failure("hello", CallOptions.DEFAULT);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(reason(status)).isEqualTo(Reason.OVERFLOW);
    assertThat(first.cancel(true)).isTrue();
    Eventually.until("the server knows", () -> one.cancelled.get() == 1);
    assertThat(call("hello", CallOptions.DEFAULT)).isEqualTo("hello");
  }

  @Test
  void callInsideAHandler_inheritsDeadlineAndTrace() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    mesh.update(
        orders(at(one))
            .add("front", 80, Cluster.Protocol.HTTP2, endpoint("127.0.0.1", port))
            .build());
    Server front =
        MeshServers.builder(mesh, port)
            .addService(
                ServerServiceDefinition.builder("test.Strings")
                    .addMethod(
                        UNARY,
                        ServerCalls.asyncUnaryCall(
                            (request, response) -> {
                              response.onNext(call(request, CallOptions.DEFAULT));
                              response.onCompleted();
                            }))
                    .build())
            .build()
            .start();
    ManagedChannel toFront = MeshChannels.forTarget(mesh, "mesh:///front");
    try {
      assertThat(
              ClientCalls.blockingUnaryCall(
                  toFront,
                  UNARY,
                  CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                  "hello"))
          .isEqualTo("hello");
      assertThat(one.lastDeadlineMillis).isBetween(1L, 20_000L);
    } finally {
      toFront.shutdown();
      front.shutdownNow();
      Eventually.until("the channel stops", toFront::isTerminated);
    }
  }

  @Test
  void routeTimeout_endsTheCall() {
    mesh.update(
        orders(at(one))
            .routes("orders", 80, TestRoute.any().to(ORDERS).timeout(Duration.ofMillis(150)))
            .build());
    assertThat(failure("hang", CallOptions.DEFAULT).getCode())
        .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
  }

  @Test
  void routeChange_movesNewCalls_notOpenStreams() throws Exception {
    mesh.update(orders(at(one)).build());
    EchoCall open = new EchoCall(channel);
    open.echo("before");
    String v2 = "outbound|80|v2|" + Snapshots.fqdn("orders");
    mesh.update(
        Snapshots.builder()
            .cluster(Snapshots.cluster(v2, "orders", Snapshots.local(at(two))))
            .routes("orders", 80, TestRoute.any().to(v2))
            .build());
    assertThat(call("hello", CallOptions.DEFAULT)).isEqualTo("hello");
    assertThat(two.calls).hasValue(1);
    open.echo("after");
    open.finish();
  }

  @Test
  void churn_underLoad_losesNoCall() throws Exception {
    mesh.update(orders(at(one), at(two)).build());
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger done = new AtomicInteger();
    List<Throwable> errors = new CopyOnWriteArrayList<>();
    List<Thread> load = new ArrayList<>();
    for (int t = 0; t < 3; t++) {
      Thread thread =
          new Thread(
              () -> {
                while (!stop.get()) {
                  try {
                    call("hello", CallOptions.DEFAULT);
                    done.incrementAndGet();
                  } catch (RuntimeException e) {
                    errors.add(e);
                  }
                }
              });
      thread.start();
      load.add(thread);
    }
    for (int round = 0; round < 6; round++) {
      int reached = done.get() + 200;
      Eventually.until("progress", () -> done.get() >= reached || !errors.isEmpty());
      mesh.update(
          switch (round % 3) {
            case 0 -> orders(at(one)).build();
            case 1 -> orders(at(two)).build();
            default -> orders(at(one), at(two)).build();
          });
    }
    stop.set(true);
    for (Thread thread : load) {
      thread.join(40_000);
    }
    assertThat(errors).isEmpty();
  }

  @Test
  void oneOfTwoServersKilled_idempotentCallsGoToTheOther() throws Exception {
    CircuitBreakers enough =
        new CircuitBreakers(
            CircuitBreakers.Limits.NONE,
            CircuitBreakers.Limits.NONE,
            new RetryRatio(100, Duration.ofSeconds(10), 1000, Duration.ofSeconds(1)));
    mesh.update(
        orders(at(one), at(two))
            .cluster(limited(enough, at(one), at(two)))
            .routes(
                "orders",
                80,
                TestRoute.any().to(ORDERS).retry(2, "unavailable", "reset", "connect-failure"))
            .build());
    Eventually.until("both serve", () -> spread());
    List<Future<String>> answers = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      if (i == 100) {
        one.server().shutdownNow();
      }
      answers.add(later("call " + i, idempotent()));
    }
    int brokenOff = 0;
    for (Future<String> answer : answers) {
      try {
        assertThat(answer.get(10, TimeUnit.SECONDS)).startsWith("call ");
      } catch (ExecutionException e) {
        // Its head had arrived, so it was the answer.
        assertThat(e).hasMessageContaining("broke off");
        brokenOff++;
      }
    }
    assertThat(brokenOff).isLessThan(100);
  }

  @Test
  void serverBack_isUsedAgain() throws Exception {
    mesh.update(orders(at(one)).build());
    assertThat(call("hello", CallOptions.DEFAULT)).isEqualTo("hello");
    int port = one.port();
    one.close();
    Eventually.until(
        "calls fail",
        () -> {
          try {
            call("hello", CallOptions.DEFAULT);
            return false;
          } catch (StatusRuntimeException e) {
            return true;
          }
        });
    try (TestService again = new TestService().start(NettyServerBuilder.forPort(port))) {
      assertThat(call("hello", CallOptions.DEFAULT.withWaitForReady())).isEqualTo("hello");
      assertThat(again.calls).hasValue(1);
    }
  }

  @Test
  void failure_carriesTheHistory() throws Exception {
    mesh.update(
        orders(at(one)).routes("orders", 80, TestRoute.any().to(ORDERS).retry(2, "reset")).build());
    Future<String> answer = later("hang", idempotent());
    Eventually.until("it hangs", () -> one.hanging.size() == 1);
    int port = one.port();
    one.server().shutdownNow();
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
              MeshException mesh = (MeshException) e.getStatus().getCause();
              assertThat(mesh).isNotNull();
              assertThat(mesh.attempts()).hasSizeGreaterThan(1);
              assertThat(mesh.attempts().get(0).endpoint()).contains(":" + port);
            });
  }
}
