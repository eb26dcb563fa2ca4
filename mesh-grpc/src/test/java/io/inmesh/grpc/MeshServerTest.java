package io.inmesh.grpc;

import static io.inmesh.grpc.TestService.BIDI;
import static io.inmesh.grpc.TestService.UNARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.CallOptions;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.BlockingClientCall;
import io.grpc.stub.ClientCalls;
import io.inmesh.MeshException;
import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.context.ContextKey;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeshServerTest {
  private static final ContextKey<String> TRACE = ContextKey.named("test-trace");

  private final EngineMesh mesh = new EngineMesh();
  private final TestService service = new TestService();
  private final List<String> finished = new CopyOnWriteArrayList<>();
  private final List<@Nullable String> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger intercepted = new AtomicInteger();
  private volatile Function<RequestHead, Admission> policy = head -> allow(Long.MAX_VALUE);
  private volatile @Nullable Peer peer;
  private volatile @Nullable String path;
  private @Nullable ManagedChannel channel;

  private final class Admitted implements InboundCall {
    private final long deadline;
    private boolean over;

    Admitted(long deadline) {
      this.deadline = deadline;
    }

    @Override
    public io.opentelemetry.context.Context context() {
      return io.opentelemetry.context.Context.root().with(TRACE, "trace-1");
    }

    @Override
    public long deadlineNanos() {
      return deadline;
    }

    @Override
    public void response(ResponseHead head) {
      head.headers().set("x-mesh", "was here");
    }

    @Override
    public void finish(int status, int grpcStatus) {
      if (!over) {
        over = true;
        finished.add(status + "/" + grpcStatus);
      }
    }
  }

  private Admission allow(long deadline) {
    return new Admission.Allowed(new Admitted(deadline));
  }

  private static Admission deny() {
    return new Admission.Denied(
        new LocalReply(
            403, 7, List.of(Map.entry("x-rule", "r1")), "denied", MeshException.Reason.DENIED));
  }

  private final class Witness implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      intercepted.incrementAndGet();
      seen.add(io.opentelemetry.context.Context.current().get(TRACE));
      Peer from = MeshServers.PEER.get();
      seen.add(from == null ? null : "peer");
      return next.startCall(call, headers);
    }
  }

  @BeforeEach
  void start() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    mesh.inbound =
        new Inbound() {
          @Override
          public Admission admit(RequestHead head, Peer from) {
            peer = from;
            path = head.path();
            return policy.apply(head);
          }
        };
    service.start(MeshServers.builder(mesh, port).intercept(new Witness()));
    channel = NettyChannelBuilder.forTarget("dns:///localhost:" + port).usePlaintext().build();
  }

  @AfterEach
  void stop() {
    ManagedChannel open = channel;
    if (open != null) {
      open.shutdownNow();
    }
    service.close();
  }

  private String call(String request, CallOptions options) {
    return ClientCalls.blockingUnaryCall(io(), UNARY, options, request);
  }

  private ManagedChannel io() {
    ManagedChannel open = channel;
    if (open == null) {
      throw new IllegalStateException();
    }
    return open;
  }

  private Status failure(String request, CallOptions options) {
    StatusRuntimeException thrown =
        catchThrowableOfType(StatusRuntimeException.class, () -> call(request, options));
    assertThat(thrown).isNotNull();
    return thrown.getStatus();
  }

  @Test
  void allowed_runsWithContext() {
    assertThat(call("hello", CallOptions.DEFAULT)).isEqualTo("hello");
    assertThat(seen).containsExactly("trace-1", "peer");
    assertThat(path).isEqualTo("/test.Strings/Unary");
    Peer from = peer;
    assertThat(from).isNotNull();
    assertThat(from.secure()).isFalse();
    assertThat(from.identity()).isNull();
    assertThat(from.address().toString()).contains("127.0.0.1");
    Eventually.until("it is reported", () -> finished.contains("200/0"));
  }

  @Test
  void response_carriesTheEnginesFields() {
    AtomicInteger found = new AtomicInteger();
    io.grpc.ClientInterceptor check =
        new io.grpc.ClientInterceptor() {
          @Override
          public <Q, R> io.grpc.ClientCall<Q, R> interceptCall(
              io.grpc.MethodDescriptor<Q, R> method, CallOptions options, io.grpc.Channel next) {
            return new io.grpc.ForwardingClientCall.SimpleForwardingClientCall<>(
                next.newCall(method, options)) {
              @Override
              public void start(Listener<R> listener, Metadata headers) {
                super.start(
                    new io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener<>(
                        listener) {
                      @Override
                      public void onHeaders(Metadata fields) {
                        if ("was here".equals(new MetadataHeaders(fields).get("x-mesh"))) {
                          found.incrementAndGet();
                        }
                        super.onHeaders(fields);
                      }
                    },
                    headers);
              }
            };
          }
        };
    ClientCalls.blockingUnaryCall(
        io.grpc.ClientInterceptors.intercept(io(), check), UNARY, CallOptions.DEFAULT, "hello");
    assertThat(found).hasValue(1);
  }

  @Test
  void denied_neverReachesTheServersInterceptors() {
    policy = head -> deny();
    StatusRuntimeException thrown =
        catchThrowableOfType(
            StatusRuntimeException.class, () -> call("hello", CallOptions.DEFAULT));
    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(thrown.getStatus().getDescription()).isEqualTo("denied");
    Metadata trailers = thrown.getTrailers();
    assertThat(trailers).isNotNull();
    assertThat(new MetadataHeaders(trailers).get("x-rule")).isEqualTo("r1");
    assertThat(intercepted).hasValue(0);
    assertThat(service.calls).hasValue(0);
  }

  @Test
  void denial_takesEffectOnAnOpenConnection() {
    assertThat(call("hello", CallOptions.DEFAULT)).isEqualTo("hello");
    policy = head -> deny();
    assertThat(failure("hello", CallOptions.DEFAULT).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void pending_thenAllowed_losesNothing() throws Exception {
    CompletableFuture<Admission> decision = new CompletableFuture<>();
    policy = head -> new Admission.Pending(decision);
    List<String> answers = new CopyOnWriteArrayList<>();
    CompletableFuture<Status> end = new CompletableFuture<>();
    io.grpc.stub.StreamObserver<String> requests =
        ClientCalls.asyncBidiStreamingCall(
            io().newCall(BIDI, CallOptions.DEFAULT),
            new io.grpc.stub.StreamObserver<>() {
              @Override
              public void onNext(String value) {
                answers.add(value);
              }

              @Override
              public void onError(Throwable t) {
                end.complete(Status.fromThrowable(t));
              }

              @Override
              public void onCompleted() {
                end.complete(Status.OK);
              }
            });
    requests.onNext("one");
    requests.onNext("two");
    Eventually.until("the engine was asked", () -> path != null);
    assertThat(service.calls).hasValue(0);
    decision.complete(allow(Long.MAX_VALUE));
    requests.onNext("three");
    requests.onCompleted();
    assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo(Status.OK);
    assertThat(answers).containsExactly("one", "two", "three");
  }

  @Test
  void pending_thenDenied_isRefused() {
    policy = head -> new Admission.Pending(CompletableFuture.completedFuture(deny()));
    assertThat(failure("hello", CallOptions.DEFAULT).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(service.calls).hasValue(0);
  }

  /** What is shown to who decides by the body: its length, and whether it is all. */
  private Admission looking(RequestHead head, int limit, CompletableFuture<String> shown) {
    return new Admission.Pending(
        Objects.requireNonNull(head.body(limit))
            .handle(
                (start, broken) -> {
                  shown.complete(
                      start == null
                          ? "broken"
                          : start.bytes().remaining() + (start.whole() ? "" : "+"));
                  return start == null ? deny() : allow(Long.MAX_VALUE);
                }));
  }

  @ParameterizedTest
  @CsvSource({"100, 10", "10, 10", "9, 9+", "1, 1+"})
  void message_isShownBeforeTheHandlerGetsIt(int limit, String expected) throws Exception {
    CompletableFuture<String> shown = new CompletableFuture<>();
    policy = head -> looking(head, limit, shown);
    assertThat(call("hello", CallOptions.DEFAULT)).isEqualTo("hello");
    assertThat(shown.get(10, TimeUnit.SECONDS)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"100, 26", "26, 26", "25, 25+", "9, 9+"})
  void stream_isShownAsFarAsNeeded_andLosesNothing(int limit, String expected) throws Exception {
    CompletableFuture<String> shown = new CompletableFuture<>();
    policy = head -> looking(head, limit, shown);
    BlockingClientCall<String, String> stream =
        ClientCalls.blockingBidiStreamingCall(io(), BIDI, CallOptions.DEFAULT);
    for (String message : List.of("one", "two", "three")) {
      assertThat(stream.write(message)).isTrue();
    }
    stream.halfClose();
    for (String message : List.of("one", "two", "three")) {
      assertThat(stream.read()).isEqualTo(message);
    }
    assertThat(stream.read()).isNull();
    assertThat(shown.get(10, TimeUnit.SECONDS)).isEqualTo(expected);
  }

  @Test
  void message_isShownAlsoToWhoIsAskedLater() throws Exception {
    CompletableFuture<String> shown = new CompletableFuture<>();
    CompletableFuture<Void> first = new CompletableFuture<>();
    policy =
        head ->
            new Admission.Pending(
                first.thenCompose(
                    done -> ((Admission.Pending) looking(head, 100, shown)).result()));
    CompletableFuture<String> answer =
        CompletableFuture.supplyAsync(() -> call("hello", CallOptions.DEFAULT));
    Eventually.until("the engine was asked", () -> path != null);
    first.complete(null);
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    assertThat(shown.get(10, TimeUnit.SECONDS)).isEqualTo("10");
  }

  @Test
  void callerThatLeaves_endsTheLookAtItsMessages() throws Exception {
    CompletableFuture<String> shown = new CompletableFuture<>();
    policy = head -> looking(head, 100, shown);
    BlockingClientCall<String, String> stream =
        ClientCalls.blockingBidiStreamingCall(io(), BIDI, CallOptions.DEFAULT);
    assertThat(stream.write("one")).isTrue();
    Eventually.until("the engine was asked", () -> path != null);
    stream.cancel("no more", null);
    assertThat(shown.get(10, TimeUnit.SECONDS)).isEqualTo("broken");
    assertThat(service.calls).hasValue(0);
  }

  @Test
  void engineDeadline_boundsTheHandler() {
    policy = head -> allow(System.nanoTime() + Duration.ofSeconds(40).toNanos());
    call("hello", CallOptions.DEFAULT);
    assertThat(service.lastDeadlineMillis).isBetween(1L, 40_000L);
    call("hello", CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS));
    assertThat(service.lastDeadlineMillis).isBetween(1L, 20_000L);
    policy = head -> allow(Long.MAX_VALUE);
    call("hello", CallOptions.DEFAULT);
    assertThat(service.lastDeadlineMillis).isEqualTo(-1);
  }

  @Test
  void status_isReported() {
    assertThat(failure("status 5", CallOptions.DEFAULT).getCode()).isEqualTo(Status.Code.NOT_FOUND);
    Eventually.until("it is reported", () -> finished.contains("200/5"));
  }

  @Test
  void handlerThatThrows_isReportedAsUnknown() {
    assertThat(failure("throw", CallOptions.DEFAULT).getCode()).isEqualTo(Status.Code.UNKNOWN);
    Eventually.until("it is reported", () -> finished.contains("200/2"));
  }

  @Test
  void cancelledCall_isReported() {
    Future<String> answer =
        ClientCalls.futureUnaryCall(io().newCall(UNARY, CallOptions.DEFAULT), "hang");
    Eventually.until("it hangs", () -> service.hanging.size() == 1);
    assertThat(answer.cancel(true)).isTrue();
    Eventually.until("it is reported", () -> finished.contains("0/1"));
    assertThat(finished).hasSize(1);
  }

  @Test
  void stop_finishesCallsInFlight_refusesNewOnes() throws Exception {
    List<String> steps = new CopyOnWriteArrayList<>();
    Future<String> answer =
        ClientCalls.futureUnaryCall(io().newCall(UNARY, CallOptions.DEFAULT), "hang");
    Eventually.until("it hangs", () -> service.hanging.size() == 1);
    CompletableFuture<Boolean> stopped =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return MeshServers.stop(
                    service.server(),
                    Duration.ofMillis(50),
                    Duration.ofSeconds(10),
                    () -> steps.add("health"),
                    () -> steps.add("deregister"));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    Eventually.until("it refuses", service.server()::isShutdown);
    assertThat(steps).containsExactly("health", "deregister");
    service.hanging.get(0).onNext("late");
    service.hanging.get(0).onCompleted();
    assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("late");
    assertThat(stopped.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void stop_graceOver_breaksOff() throws Exception {
    Future<String> answer =
        ClientCalls.futureUnaryCall(io().newCall(UNARY, CallOptions.DEFAULT), "hang");
    Eventually.until("it hangs", () -> service.hanging.size() == 1);
    assertThat(MeshServers.stop(service.server(), Duration.ZERO, Duration.ofMillis(100))).isFalse();
    assertThatThrownBy(() -> answer.get(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void port_impossible_isRefused() {
    assertThatThrownBy(() -> MeshServers.builder(mesh, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 to 65535");
  }

  @Test
  void freePort_isAskedAboutOnceItIsKnown() throws Exception {
    EngineMesh other = new EngineMesh();
    io.grpc.Server free = MeshServers.builder(other, 0).build().start();
    try {
      assertThat(other.ports).containsExactly(free.getPort());
    } finally {
      free.shutdownNow();
      Eventually.until("the server stops", free::isTerminated);
    }
  }

  @Test
  void peer_outsideOfACall_isAbsent() {
    assertThat(MeshServers.PEER.get(Context.ROOT)).isNull();
  }

  @Test
  void stream_isAdmittedOnce() {
    Iterator<String> answers =
        ClientCalls.blockingServerStreamingCall(
            io(), TestService.SERVER_STREAM, CallOptions.DEFAULT, "count 10");
    answers.forEachRemaining(value -> {});
    assertThat(intercepted).hasValue(1);
    Eventually.until("it is reported", () -> finished.contains("200/0"));
    assertThat(finished).hasSize(1);
  }
}
