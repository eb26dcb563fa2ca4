package io.inmesh.wire;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.identity.RotatingTls;
import io.inmesh.identity.Standing;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream over TLS that both sides would keep open. */
@Timeout(60)
class SecuredConnectionsTest {
  private static final String ID = "spiffe://cluster.local/ns/shop/sa/";
  private static final MethodDescriptor<String, String> WATCH =
      MethodDescriptor.<String, String>newBuilder(new Nothing(), new Nothing())
          .setFullMethodName("test.Watch/watch")
          .setType(MethodType.BIDI_STREAMING)
          .build();

  /** The end that watches its connections. */
  private enum End {
    CLIENT,
    SERVER
  }

  private final TestAuthority authority = new TestAuthority();
  private final TlsMaterial web = authority.material(ID + "web");
  private final TlsMaterial control = authority.material(ID + "control");

  /** A stream that is open, and what it ends with. */
  private final class Streaming implements AutoCloseable, StreamObserver<String> {
    final CountDownLatch open = new CountDownLatch(1);
    final CompletableFuture<Status> end = new CompletableFuture<>();
    private final Server server;
    private final ManagedChannel channel;

    Streaming(End watching, SecuredConnections connections) throws Exception {
      RotatingTls servers =
          RotatingTls.of(() -> control.server(ServerTlsPolicy.STRICT).generation());
      ServerCredentials serving =
          TlsServerCredentials.newBuilder()
              .keyManager(servers.keys())
              .trustManager(servers.trust())
              .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
              .build();
      RotatingTls clients = RotatingTls.of(SecuredConnectionsTest.this::client);
      ChannelCredentials calling =
          TlsChannelCredentials.newBuilder()
              .keyManager(clients.keys())
              .trustManager(clients.trust())
              .build();
      server =
          Grpc.newServerBuilderForPort(
                  0, watching == End.SERVER ? connections.watch(serving) : serving)
              .addService(
                  ServerServiceDefinition.builder("test.Watch")
                      .addMethod(WATCH, ServerCalls.asyncBidiStreamingCall(Streaming::greet))
                      .build())
              .build()
              .start();
      channel =
          Grpc.newChannelBuilder(
                  "localhost:" + server.getPort(),
                  watching == End.CLIENT ? connections.watch(calling) : calling)
              .build();
      var unused =
          ClientCalls.asyncBidiStreamingCall(channel.newCall(WATCH, CallOptions.DEFAULT), this);
      assertThat(open.await(20, TimeUnit.SECONDS)).isTrue();
    }

    private static StreamObserver<String> greet(StreamObserver<String> answer) {
      answer.onNext("");
      return new StreamObserver<>() {
        @Override
        public void onNext(String value) {}

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
      };
    }

    Status.Code ended() throws InterruptedException, ExecutionException {
      return end.orTimeout(40, TimeUnit.SECONDS).get().getCode();
    }

    @Override
    public void onNext(String value) {
      open.countDown();
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Status.fromThrowable(failure));
      open.countDown();
    }

    @Override
    public void onCompleted() {
      end.complete(Status.OK);
    }

    @Override
    public void close() {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  private TlsGeneration client() {
    return requireNonNull(web.client(new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null)));
  }

  /** What is open, in these tests, is so until somebody says otherwise. */
  private volatile Standing standing = Standing.KEEP;

  @ParameterizedTest
  @EnumSource
  void connection_whosePeerIsNotBelievedAnyMore_isBrokenOffAtOnce(End watching) throws Exception {
    SecuredConnections connections = new SecuredConnections(session -> standing);
    try (Streaming stream = new Streaming(watching, connections)) {
      connections.judge();
      assertThat(stream.end).isNotDone();
      standing = Standing.CLOSE;
      connections.judge();
      assertThat(stream.ended()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "control"})
  void connectionToTheControlServer_endsWithTheCertificateOfEitherSide(String shorter)
      throws Exception {
    Instant soon = Instant.now().plusSeconds(7).truncatedTo(ChronoUnit.SECONDS);
    (shorter.equals("web") ? web : control)
        .update(authority.svid(ID + shorter, soon.minusSeconds(60), soon), authority.bundle());
    RotatingTls clients = RotatingTls.of(this::client);
    try (Streaming stream = new Streaming(End.CLIENT, new SecuredConnections(clients::standing))) {
      assertThat(stream.ended()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(Instant.now()).isAfterOrEqualTo(soon.minusMillis(5));
    }
  }

  @Test
  void connectionThatIsLookedAtLater_endsThen() throws Exception {
    standing = new Standing(true, TimeUnit.HOURS.toNanos(1));
    SecuredConnections connections = new SecuredConnections(session -> standing);
    try (Streaming stream = new Streaming(End.SERVER, connections)) {
      standing = new Standing(true, TimeUnit.MILLISECONDS.toNanos(1));
      connections.judge();
      assertThat(stream.ended()).isEqualTo(Status.Code.UNAVAILABLE);
    }
  }

  /** Messages that say nothing. */
  private static final class Nothing implements MethodDescriptor.Marshaller<String> {
    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(new byte[0]);
    }

    @Override
    public String parse(InputStream stream) {
      return "";
    }
  }
}
