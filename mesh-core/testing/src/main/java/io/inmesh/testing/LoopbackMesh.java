package io.inmesh.testing;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.Registration;
import io.inmesh.ServicePort;
import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.Clock;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A mesh for the test of an application: the application gets this as its {@link Mesh} and calls
 * services whose endpoints the test makes, over real sockets on loopback, without a control server.
 * The application is the service {@code web}; what the test changes is in force when the method
 * returns; services that the test did not make do not exist. Thread-safe.
 *
 * <pre>
 *   TestEndpoint orders = mesh.endpoint("orders").answers(200, "42");
 *   HttpClient http = MeshHttpClient.create(mesh);     // what the application does
 * </pre>
 */
public final class LoopbackMesh implements Mesh {
  private static final long PATIENCE_SECONDS = 10;

  private final MeshConfig config =
      MeshConfig.builder().controlServer("127.0.0.1:1").service("web").insecure(true).build();
  private final ThreadControlLoop loop = new ThreadControlLoop("inmesh-loopback");
  private final List<TestEndpoint> servers = new CopyOnWriteArrayList<>();
  private final Randomness random;
  private final MeshEngine engine;

  // On the loop.
  private final Snapshots snapshots = Snapshots.builder();
  private final Map<String, List<Endpoint>> members = new HashMap<>();

  LoopbackMesh(long seed) {
    random = FakeMesh.seeded(seed);
    engine =
        MeshEngine.builder(EngineSettings.insecure(config.service(), config.namespace()))
            .loop(loop)
            .demand(this::wanted)
            .build();
  }

  /** Nobody but the test makes services. */
  private void wanted(String listener) {
    loop.execute(
        () -> {
          if (!engine.snapshot().listeners().containsKey(listener)) {
            snapshots.absent(listener);
            engine.update(snapshots.build());
          }
        });
  }

  // --- for the test

  /** Starts an HTTP/1.1 endpoint of a service, which answers 200 until told otherwise. */
  public TestEndpoint endpoint(String service) {
    TestEndpoint server = new TestEndpoint(random);
    servers.add(server);
    join(service, Cluster.Protocol.HTTP1, server.port());
    return server;
  }

  /** Adds a server of the test's own, such as a gRPC server, to a service. */
  public LoopbackMesh join(String service, Cluster.Protocol protocol, int port) {
    return change(service, protocol, Snapshots.endpoint("127.0.0.1", port), true);
  }

  /** Replaces the routes of a service. */
  public LoopbackMesh routes(String service, TestRoute... routes) {
    return onLoop(() -> snapshots.routes(service, 80, routes));
  }

  private LoopbackMesh change(
      String service, Cluster.Protocol protocol, Endpoint endpoint, boolean joins) {
    return onLoop(
        () -> {
          List<Endpoint> all = members.computeIfAbsent(service, name -> new ArrayList<>());
          if (joins) {
            all.add(endpoint);
          } else {
            all.remove(endpoint);
          }
          snapshots.members(service, protocol, all.toArray(Endpoint[]::new));
        });
  }

  private LoopbackMesh onLoop(Runnable change) {
    CompletableFuture<Void> done =
        CompletableFuture.runAsync(
            () -> {
              change.run();
              engine.update(snapshots.build());
            },
            loop);
    try {
      done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the change did not take effect", e);
    }
    return this;
  }

  /** Fails unless every call has ended, or ends in a moment. */
  void assertQuiet() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!engine.idle()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("something is still in flight");
      }
      Thread.onSpinWait();
    }
  }

  // --- for the application

  @Override
  public Outbound outbound() {
    return engine;
  }

  @Override
  public Inbound inbound(int port) {
    return engine.inbound(port);
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public MeshConfig config() {
    return config;
  }

  @Override
  public MeshSnapshot snapshot() {
    return engine.snapshot();
  }

  /** The application's ports become endpoints of {@code web}, until the registration is closed. */
  @Override
  public Registration register(ServicePort... ports) {
    List<Runnable> leave = new ArrayList<>();
    for (ServicePort port : ports) {
      Cluster.Protocol protocol =
          port.protocol().equals("http") ? Cluster.Protocol.HTTP1 : Cluster.Protocol.HTTP2;
      Endpoint endpoint = Snapshots.endpoint("127.0.0.1", port.port());
      change(config.service(), protocol, endpoint, true);
      leave.add(() -> change(config.service(), protocol, endpoint, false));
    }
    return new Registered(leave);
  }

  private record Registered(List<Runnable> leave) implements Registration {
    @Override
    public CompletionStage<Void> whenRegistered() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void health(Health health) {}

    @Override
    public CompletionStage<Void> drain() {
      leave.forEach(Runnable::run);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void close() {
      leave.forEach(Runnable::run);
    }
  }

  @Override
  public void close() {
    servers.forEach(TestEndpoint::stop);
    loop.close();
  }
}
