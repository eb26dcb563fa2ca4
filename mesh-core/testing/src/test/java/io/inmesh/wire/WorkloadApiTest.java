package io.inmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.InsecureServerCredentials;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.testing.TestAuthority;
import io.inmesh.wire.spiffe.SpiffeWorkloadAPIGrpc;
import io.inmesh.wire.spiffe.X509SVID;
import io.inmesh.wire.spiffe.X509SVIDRequest;
import io.inmesh.wire.spiffe.X509SVIDResponse;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ID-07: identities from an agent that serves the SPIFFE Workload API on a real Unix socket. */
@Timeout(60)
class WorkloadApiTest {
  private static final String ORDERS = "spiffe://cluster.local/ns/default/sa/orders";

  @TempDir private Path directory;
  private final ThreadControlLoop loop = new ThreadControlLoop("test-loop");
  private final TlsMaterial material = new TlsMaterial();
  private final TestAuthority authority = new TestAuthority();
  private final Agent agent = new Agent();
  private @Nullable WorkloadApi source;

  /** What SPIRE's agent does, for one workload. */
  private static final class Agent extends SpiffeWorkloadAPIGrpc.SpiffeWorkloadAPIImplBase
      implements ServerInterceptor {
    private static final Metadata.Key<String> HEADER =
        Metadata.Key.of("workload.spiffe.io", Metadata.ASCII_STRING_MARSHALLER);

    private final List<StreamObserver<X509SVIDResponse>> streams = new CopyOnWriteArrayList<>();
    private final EventLoopGroup events =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private volatile @Nullable X509SVIDResponse state;
    private final AtomicInteger refused = new AtomicInteger();
    private @Nullable Server server;

    void start(Path socket) throws Exception {
      server =
          NettyServerBuilder.forAddress(
                  UnixDomainSocketAddress.of(socket), InsecureServerCredentials.create())
              .bossEventLoopGroup(events)
              .workerEventLoopGroup(events)
              .channelType(NioServerDomainSocketChannel.class)
              .addService(this)
              .intercept(this)
              .build()
              .start();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      if (!"true".equals(headers.get(HEADER))) {
        call.close(Status.INVALID_ARGUMENT.withDescription("no security header"), new Metadata());
        return new ServerCall.Listener<>() {};
      }
      return next.startCall(call, headers);
    }

    @Override
    public synchronized void fetchX509SVID(
        X509SVIDRequest request, StreamObserver<X509SVIDResponse> responses) {
      X509SVIDResponse now = state;
      if (now == null) {
        refused.incrementAndGet();
        responses.onError(Status.PERMISSION_DENIED.asRuntimeException());
        return;
      }
      streams.add(responses);
      responses.onNext(now);
    }

    /** Nobody who asks meanwhile misses it. */
    synchronized void set(X509SVIDResponse next) {
      state = next;
      streams.forEach(stream -> stream.onNext(next));
    }

    synchronized void breakStreams() {
      streams.forEach(stream -> stream.onError(Status.UNAVAILABLE.asRuntimeException()));
      streams.clear();
    }

    @SuppressWarnings("FutureReturnValueIgnored")
    void stop() throws InterruptedException {
      if (server != null) {
        server.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      }
      events.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  @BeforeEach
  void start() throws Exception {
    agent.start(directory.resolve("agent.sock"));
  }

  @AfterEach
  void stop() throws Exception {
    WorkloadApi started = source;
    if (started != null) {
      loop.execute(started::close);
    }
    loop.close();
    agent.stop();
  }

  private WorkloadApi connect() {
    WorkloadApi api =
        new WorkloadApi(
            "unix://" + directory.resolve("agent.sock"), material, loop, Randomness.SYSTEM);
    source = api;
    api.start(() -> {});
    return api;
  }

  private static ByteString der(X509Certificate certificate) {
    try {
      return ByteString.copyFrom(certificate.getEncoded());
    } catch (CertificateEncodingException e) {
      throw new AssertionError(e);
    }
  }

  private X509SVIDResponse.Builder state(Svid svid) {
    return X509SVIDResponse.newBuilder()
        .addSvids(
            X509SVID
                .newBuilder()
                .setSpiffeId(svid.id().toString())
                .setX509Svid(der(svid.leaf()))
                .setX509SvidKey(ByteString.copyFrom(svid.key().getEncoded()))
                .setBundle(der(authority.root())));
  }

  private static void until(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the deadline").isLessThan(end);
      Thread.sleep(2);
    }
  }

  private boolean uses(Svid svid) {
    Svid now = material.svid();
    return now != null && now.leaf().equals(svid.leaf());
  }

  @Test
  void identity_andEveryRotation_arrive() throws Exception {
    Svid first = authority.svid(ORDERS);
    agent.set(state(first).build());
    connect().ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(uses(first)).isTrue();
    assertThat(material.bundle().roots()).isEqualTo(authority.bundle().roots());

    Svid second = authority.svid(ORDERS);
    agent.set(state(second).build());
    until(() -> uses(second));
  }

  @Test
  void bundlesOfOtherTrustDomains_areBelieved_butNotForTheOwn() throws Exception {
    TestAuthority partner = new TestAuthority("partner.example");
    Svid svid = authority.svid(ORDERS);
    agent.set(
        state(svid)
            .putFederatedBundles("spiffe://partner.example", der(partner.root()))
            .putFederatedBundles("spiffe://cluster.local", der(partner.root()))
            .build());
    connect().ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(material.bundle().roots())
        .containsOnlyKeys("cluster.local", "partner.example")
        .containsAllEntriesOf(
            Map.of(
                "cluster.local", authority.bundle().roots().get("cluster.local"),
                "partner.example", partner.bundle().roots().get("partner.example")));
  }

  @Test
  void noIdentityYet_isAskedForAgain() throws Exception {
    WorkloadApi api = connect();
    until(() -> agent.refused.get() >= 2);
    assertThat(api.ready().toCompletableFuture()).isNotDone();
    Svid svid = authority.svid(ORDERS);
    agent.set(state(svid).build());
    api.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    assertThat(uses(svid)).isTrue();
  }

  @Test
  void brokenStream_keepsTheIdentity_andIsOpenedAgain() throws Exception {
    Svid first = authority.svid(ORDERS);
    agent.set(state(first).build());
    connect().ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    Svid second = authority.svid(ORDERS);
    agent.breakStreams();
    assertThat(uses(first)).isTrue();
    agent.set(state(second).build());
    until(() -> uses(second));
  }

  @Test
  void stateThatDoesNotFit_isNotUsed() throws Exception {
    Svid first = authority.svid(ORDERS);
    agent.set(state(first).build());
    connect().ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    X509SVIDResponse.Builder wrong = state(authority.svid(ORDERS));
    wrong.getSvidsBuilder(0).setSpiffeId("spiffe://cluster.local/ns/default/sa/other");
    agent.set(wrong.build());
    agent.set(X509SVIDResponse.getDefaultInstance());
    Svid last = authority.svid(ORDERS);
    agent.set(state(last).build());
    until(() -> uses(last));
    assertThat(Objects.requireNonNull(material.svid()).id()).isEqualTo(SpiffeId.parse(ORDERS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp://127.0.0.1:8081", "agent.sock", "unix:agent.sock"})
  void endpointThatIsNoSocket_stopsTheStart(String endpoint) {
    assertThatThrownBy(() -> new WorkloadApi(endpoint, material, loop, Randomness.SYSTEM))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("unix:///");
    assertThat(Files.exists(directory)).isTrue();
  }
}
