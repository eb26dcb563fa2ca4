package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.stub.ClientCalls;
import io.inmesh.call.Peer;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.Cluster;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerListener;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.Snapshots;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** A caller's mesh and a server's mesh, each with its own material, on real connections. */
final class SecureMeshes implements AutoCloseable {
  private static final String CLUSTER = Snapshots.clusterName("orders", 80);

  final TlsMaterial client = new TlsMaterial();
  final TlsMaterial server = new TlsMaterial();
  final EngineMesh clientMesh =
      new EngineMesh(EngineSettings.insecure("web", "default"), builder -> builder.tls(client));
  final EngineMesh serverMesh =
      new EngineMesh(EngineSettings.insecure("orders", "default"), builder -> builder.tls(server));
  final TestService service = new TestService();
  final List<Peer> peers = new CopyOnWriteArrayList<>();
  private final Set<SocketAddress> remotes = ConcurrentHashMap.newKeySet();
  private final SslContexts contexts;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private @Nullable ManagedChannel channel;
  private boolean started;
  private int port;

  SecureMeshes(SslContexts contexts) {
    this.contexts = contexts;
  }

  void start(ServerTlsPolicy accepts, @Nullable TlsPolicy connects) throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    serve(accepts);
    service.recordHeads = false;
    service.start(MeshServers.builder(serverMesh, port, contexts).intercept(new Witness()));
    started = true;
    callWith(connects);
    ChannelCredentials credentials =
        contexts == SslContexts.JDK ? MeshCredentials.JDK : MeshCredentials.FASTEST;
    channel = keep(MeshChannels.builder(clientMesh, "mesh:///orders", credentials).build());
  }

  /** How the server's port is secured from now on. */
  void serve(ServerTlsPolicy policy, FilterConfig... filters) {
    serverMesh.update(
        Snapshots.builder()
            .server(
                new ServerListener(
                    port,
                    new RouteConfig("inbound", List.of(), HeaderChanges.NONE, Map.of(), List.of()),
                    List.of(filters),
                    policy))
            .build());
  }

  /** How the caller secures its connections from now on. */
  void callWith(@Nullable TlsPolicy policy) {
    Cluster plain =
        Snapshots.cluster(
            CLUSTER, "orders", Snapshots.local(Snapshots.endpoint("127.0.0.1", port)));
    clientMesh.update(
        Snapshots.builder()
            .add("orders", 80, Cluster.Protocol.HTTP2)
            .cluster(
                new Cluster(
                    plain.name(),
                    plain.service(),
                    plain.localities(),
                    plain.overprovisioning(),
                    plain.drops(),
                    plain.balancer(),
                    plain.connectTimeout(),
                    Cluster.Protocol.HTTP2,
                    plain.breakers(),
                    plain.outliers(),
                    policy))
            .build());
  }

  ManagedChannel channel() {
    ManagedChannel open = channel;
    if (open == null) {
      throw new IllegalStateException("not started");
    }
    return open;
  }

  /** A channel of somebody who knows of no mesh. */
  ManagedChannel plainChannel() {
    return keep(
        Grpc.newChannelBuilder("dns:///127.0.0.1:" + port, InsecureChannelCredentials.create())
            .build());
  }

  ManagedChannel keep(ManagedChannel opened) {
    channels.add(opened);
    return opened;
  }

  /** Where the server listens. */
  int port() {
    return port;
  }

  /** From how many connections calls have come. */
  int connections() {
    return remotes.size();
  }

  /** Calls all the time while something is changed again and again; every call must succeed. */
  void underLoad(int rounds, IntConsumer change) throws InterruptedException {
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
                    ClientCalls.blockingUnaryCall(
                        channel(), TestService.UNARY, CallOptions.DEFAULT, "hello");
                    done.incrementAndGet();
                  } catch (RuntimeException e) {
                    errors.add(e);
                  }
                }
              });
      thread.start();
      load.add(thread);
    }
    for (int round = 0; round < rounds; round++) {
      int connections = connections();
      change.accept(round);
      int reached = done.get() + 100;
      Eventually.until(
          "progress on a new connection",
          () -> (done.get() >= reached && connections() > connections) || !errors.isEmpty());
    }
    stop.set(true);
    for (Thread thread : load) {
      thread.join(40_000);
    }
    assertThat(errors).isEmpty();
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    if (started) {
      service.close();
    }
    Eventually.until(
        "the channels stop", () -> channels.stream().allMatch(ManagedChannel::isTerminated));
    Eventually.until("the engine is idle", clientMesh.engine::idle);
  }

  private final class Witness implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      Peer peer = MeshServers.PEER.get();
      if (peer != null) {
        remotes.add(peer.address());
        peers.add(peer);
      }
      return next.startCall(call, headers);
    }
  }
}
