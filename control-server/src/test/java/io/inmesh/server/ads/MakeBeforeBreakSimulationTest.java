package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.RDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.route.v3.RouteConfiguration;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.inmesh.server.ads.Engine.Delta;
import io.inmesh.server.ads.Engine.Sotw;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The server's route always names a cluster the server has. Then a client's route must always name
 * a cluster the client has, however slowly it answers and however the changes come.
 */
class MakeBeforeBreakSimulationTest {
  private final Engine engine = new Engine();
  private final List<Runnable> tasks = new ArrayList<>();
  private final Set<String> clusters = new HashSet<>();
  private final Set<String> held = new HashSet<>();
  private String heldTarget = "";
  private Random random = new Random(0);

  private void publish() {
    ResourceBatch.Builder batch = ResourceBatch.builder();
    Set<String> next = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      if (random.nextBoolean()) {
        next.add("c" + i);
      }
    }
    String target = "c" + random.nextInt(5);
    next.add(target);
    for (String gone : clusters) {
      if (!next.contains(gone)) {
        batch.remove(CDS, gone, ResourceStore.DEFAULT_VIEW);
      }
    }
    for (String name : next) {
      batch.upsert(
          CDS, name, ResourceStore.DEFAULT_VIEW, Engine.resource(CDS, name, random.nextInt(3)));
    }
    batch.upsert(
        RDS,
        "r",
        ResourceStore.DEFAULT_VIEW,
        RouteConfiguration.newBuilder().setName("r").addInternalOnlyHeaders(target).build());
    clusters.clear();
    clusters.addAll(next);
    engine.store.publish(batch.build());
  }

  private void take(com.google.protobuf.Any any) throws Exception {
    if (any.getTypeUrl().equals(CDS)) {
      held.add(any.unpack(Cluster.class).getName());
    } else {
      heldTarget = any.unpack(RouteConfiguration.class).getInternalOnlyHeaders(0);
    }
  }

  private void check() {
    if (!heldTarget.isEmpty()) {
      assertThat(held).contains(heldTarget);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void stateOfTheWorld_neverLeavesARouteWithoutItsCluster(long seed) throws Exception {
    random = new Random(seed);
    engine.pool = tasks::add;
    publish();
    Sotw client = engine.sotw(ClientKind.OTHER);
    client.subscribe(CDS);
    client.subscribe(RDS, "r");
    ArrayDeque<DiscoveryResponse> inbox = new ArrayDeque<>();
    ArrayDeque<DiscoveryResponse> acks = new ArrayDeque<>();
    for (int step = 0; step < 3_000; step++) {
      switch (random.nextInt(5)) {
        case 0 -> publish();
        case 1, 2 -> runTask();
        case 3 -> {
          inbox.addAll(client.take());
          DiscoveryResponse response = inbox.poll();
          if (response != null) {
            if (response.getTypeUrl().equals(CDS)) {
              held.clear();
            }
            for (var any : response.getResourcesList()) {
              take(any);
            }
            check();
            acks.add(response);
          }
        }
        default -> {
          DiscoveryResponse response = acks.poll();
          if (response != null) {
            client.ack(
                response, response.getTypeUrl().equals(CDS) ? new String[0] : new String[] {"r"});
          }
        }
      }
    }
    assertThat(client.out.responses).hasSizeGreaterThan(100);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void delta_neverLeavesARouteWithoutItsCluster(long seed) throws Exception {
    random = new Random(seed);
    engine.pool = tasks::add;
    publish();
    Delta client = engine.delta(ClientKind.OTHER);
    client.subscribe(CDS);
    client.subscribe(RDS, "r");
    ArrayDeque<DeltaDiscoveryResponse> inbox = new ArrayDeque<>();
    ArrayDeque<DeltaDiscoveryResponse> acks = new ArrayDeque<>();
    for (int step = 0; step < 3_000; step++) {
      switch (random.nextInt(5)) {
        case 0 -> publish();
        case 1, 2 -> runTask();
        case 3 -> {
          inbox.addAll(client.take());
          DeltaDiscoveryResponse response = inbox.poll();
          if (response != null) {
            for (var resource : response.getResourcesList()) {
              take(resource.getResource());
            }
            held.removeAll(response.getRemovedResourcesList());
            check();
            acks.add(response);
          }
        }
        default -> {
          DeltaDiscoveryResponse response = acks.poll();
          if (response != null) {
            client.ack(response);
          }
        }
      }
    }
    assertThat(client.out.responses).hasSizeGreaterThan(100);
  }

  private void runTask() {
    if (!tasks.isEmpty()) {
      tasks.remove(random.nextInt(tasks.size())).run();
    }
  }
}
