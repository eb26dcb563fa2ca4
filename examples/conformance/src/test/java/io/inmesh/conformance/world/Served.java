package io.inmesh.conformance.world;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.inmesh.Mesh;
import io.inmesh.Registration;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.xds.ConfigDump;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What a control server serves, and who works by it. */
final class Served {
  private static final List<String> VIEWS = List.of("inmesh/default", "*/default", "inmesh", "*");
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Served() {}

  static boolean hasService(ControlServer server, String service) {
    return server
        .resources()
        .names(TypeUrl.LISTENER)
        .contains(service + ".default.svc.cluster.local:80");
  }

  /** The endpoint at a port, in any cluster. */
  static Optional<LbEndpoint> endpoint(ControlServer server, int port) {
    ResourceStore store = server.resources();
    return store.names(TypeUrl.ENDPOINTS).stream()
        .flatMap(name -> store.find(TypeUrl.ENDPOINTS, name, VIEWS).stream())
        .flatMap(resource -> assignment(resource).getEndpointsList().stream())
        .flatMap(locality -> locality.getLbEndpointsList().stream())
        .filter(
            endpoint ->
                endpoint.getEndpoint().getAddress().getSocketAddress().getPortValue() == port)
        .findFirst();
  }

  private static ClusterLoadAssignment assignment(Any resource) {
    try {
      return resource.unpack(ClusterLoadAssignment.class);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean is(LbEndpoint endpoint, Registration.Health health) {
    boolean healthy =
        endpoint.getHealthStatus() == HealthStatus.HEALTHY
            || endpoint.getHealthStatus() == HealthStatus.UNKNOWN;
    return healthy == (health == Registration.Health.HEALTHY);
  }

  /**
   * Waits until nothing changes any more: every subscription is answered with what is served and
   * acknowledged, and every engine has it. A new route may lead to new subscriptions, hence the
   * rounds.
   */
  static void settle(ControlServer server, List<Mesh> meshes) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    List<Long> before = List.of();
    while (true) {
      long revision = server.resources().revision();
      acknowledged(server, revision);
      boolean waiting = false;
      List<Long> now = new ArrayList<>();
      now.add(revision);
      for (Mesh mesh : meshes) {
        // Asked on the control loop, behind whatever came before.
        ConfigDump dump = get(mesh.dump().toCompletableFuture());
        waiting |=
            dump.entries().stream().anyMatch(entry -> entry.state() == ConfigDump.State.REQUESTED);
        now.add(dump.generation());
      }
      if (!waiting && now.equals(before)) {
        return;
      }
      if (System.nanoTime() > end) {
        throw new AssertionError("the processes do not come to rest: " + now);
      }
      before = now;
    }
  }

  private static void acknowledged(ControlServer server, long revision)
      throws InterruptedException {
    List<CompletableFuture<?>> waits = new ArrayList<>();
    for (String type :
        List.of(TypeUrl.CLUSTER, TypeUrl.ENDPOINTS, TypeUrl.LISTENER, TypeUrl.ROUTES)) {
      for (String name : server.resources().names(type)) {
        waits.add(server.clients().awaitAcknowledged(type, name, revision, PATIENCE));
      }
    }
    get(CompletableFuture.allOf(waits.toArray(CompletableFuture[]::new)));
  }

  private static <T> T get(CompletableFuture<T> future) throws InterruptedException {
    try {
      return future.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("the processes do not come to rest", e);
    }
  }
}
