package io.inmesh.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.inmesh.control.ManualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A random model, a dozen clients of all kinds, and a scheduler that delays, reorders across
 * streams, cuts connections, restarts the server and fills transports. When all is quiet, every
 * client must hold exactly what the server has for it.
 */
class SimulationTest {
  private static final List<String> NAMES = List.of("a", "b", "c", "d", "e", "f", "g", "h");
  private static final String OURS = "ours";
  private static final AdsLimits LIMITS =
      new AdsLimits(
          1 << 20,
          100,
          100,
          1_000,
          8,
          100,
          250,
          300,
          Duration.ofSeconds(30),
          Duration.ofMinutes(5));
  private static final int STEPS = 8_000;

  private final ManualClock clock = new ManualClock();
  private final List<Runnable> tasks = new ArrayList<>();
  private final Map<ResourceBatch.Key, Integer> model = new HashMap<>();
  private final List<SimulatedClient> clients = new ArrayList<>();
  private Random random = new Random(0);
  private Engine engine = engine();
  private long resourcesReceived;

  private Engine engine() {
    Engine made =
        new Engine(
            clock,
            LIMITS,
            node ->
                ClientKind.of(node) == ClientKind.INMESH
                    ? List.of(OURS, ResourceStore.DEFAULT_VIEW)
                    : List.of(ResourceStore.DEFAULT_VIEW));
    Executor pool = tasks::add;
    made.pool = pool;
    return made;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89})
  void quietClients_holdExactlyTheServersView(long seed) {
    random = new Random(seed);
    for (ClientKind kind : ClientKind.values()) {
      clients.add(new SimulatedSotwClient(kind));
      clients.add(new SimulatedDeltaClient(kind));
    }
    clients.get(0).wildcards.addAll(List.of(TypeUrl.CLUSTER, TypeUrl.LISTENER));
    clients.get(1).wildcards.addAll(List.of(TypeUrl.CLUSTER, TypeUrl.ROUTES));
    clients.get(4).wildcards.addAll(List.of(TypeUrl.CLUSTER, TypeUrl.LISTENER));
    clients.get(5).wildcards.addAll(List.of(TypeUrl.CLUSTER, TypeUrl.LISTENER));
    for (int round = 0; round < 4; round++) {
      for (int step = 0; step < STEPS / 4; step++) {
        act();
        if (step % 5 == 0) {
          check();
        }
      }
      settle();
    }
    assertThat(resourcesReceived).as("something happened").isGreaterThan(600);
  }

  private void act() {
    int dice = random.nextInt(1_000);
    if (dice < 80) {
      publish(true);
    } else if (dice < 380) {
      runTask();
    } else if (dice < 580) {
      any().deliver();
    } else if (dice < 780) {
      receive(any());
    } else if (dice < 830) {
      any().subscribe(type(), name());
    } else if (dice < 860) {
      any().unsubscribe(type(), name());
    } else if (dice < 920) {
      fillOrEmpty(any());
    } else if (dice < 928) {
      any().disconnect();
    } else if (dice < 998) {
      SimulatedClient client = any();
      if (!client.connected()) {
        client.connect(engine);
      }
    } else {
      restart();
    }
  }

  private void fillOrEmpty(SimulatedClient client) {
    if (!client.connected()) {
      return;
    }
    client.out().fills = random.nextInt(3) == 0;
    if (client.out().ready) {
      client.out().ready = random.nextInt(3) > 0;
    } else {
      client.out().ready = true;
      client.transportReady();
    }
  }

  private void receive(SimulatedClient client) {
    if (client.connected()) {
      long before = client.resourcesReceived;
      client.receive();
      resourcesReceived += client.resourcesReceived - before;
    }
  }

  private void runTask() {
    if (!tasks.isEmpty()) {
      tasks.remove(random.nextInt(tasks.size())).run();
    }
  }

  /** A new process with the same content: other order, no memory. */
  private void restart() {
    clients.forEach(SimulatedClient::disconnect);
    tasks.clear();
    engine = engine();
    ResourceBatch.Builder batch = ResourceBatch.builder();
    model.forEach(
        (key, content) ->
            batch.upsert(
                key.typeUrl(),
                key.name(),
                key.view(),
                Engine.resource(key.typeUrl(), key.name(), content)));
    engine.store.publish(batch.build());
  }

  private void publish(boolean poison) {
    ResourceBatch.Builder batch = ResourceBatch.builder();
    for (int i = random.nextInt(4); i >= 0; i--) {
      String view = random.nextInt(4) == 0 ? OURS : ResourceStore.DEFAULT_VIEW;
      ResourceBatch.Key key = new ResourceBatch.Key(type(), name(), view);
      if (random.nextInt(4) == 0) {
        model.remove(key);
        batch.remove(key.typeUrl(), key.name(), view);
      } else {
        int content = poison && random.nextInt(8) == 0 ? SimulatedClient.POISON : random.nextInt(3);
        model.put(key, content);
        batch.upsert(
            key.typeUrl(), key.name(), view, Engine.resource(key.typeUrl(), key.name(), content));
      }
    }
    engine.store.publish(batch.build());
  }

  /** Bounded buffers: never two unanswered responses of a type. */
  private void check() {
    for (SimulatedClient client : clients) {
      if (client.connected()) {
        for (String type : SimulatedClient.TYPES) {
          assertThat(client.unanswered(type)).isLessThanOrEqualTo(1);
        }
      }
    }
  }

  /** Heals the model, connects everyone and runs until nothing moves; then compares. */
  private void settle() {
    ResourceBatch.Builder batch = ResourceBatch.builder();
    model.replaceAll(
        (key, content) -> content == SimulatedClient.POISON ? random.nextInt(3) : content);
    model.forEach(
        (key, content) ->
            batch.upsert(
                key.typeUrl(),
                key.name(),
                key.view(),
                Engine.resource(key.typeUrl(), key.name(), content)));
    engine.store.publish(batch.complete().build());
    for (SimulatedClient client : clients) {
      if (!client.connected()) {
        client.connect(engine);
      }
      client.out().ready = true;
      client.out().fills = false;
    }
    engine.clients.streams().forEach(AdsStream::ready);
    boolean moved = true;
    for (int rounds = 0; moved; rounds++) {
      assertThat(rounds).as("it comes to rest").isLessThan(10_000);
      moved = !tasks.isEmpty();
      while (!tasks.isEmpty()) {
        runTask();
      }
      for (SimulatedClient client : clients) {
        moved |= client.deliver();
        long before = client.resourcesReceived;
        moved |= client.receive();
        resourcesReceived += client.resourcesReceived - before;
        check();
      }
    }
    for (SimulatedClient client : clients) {
      for (String type : SimulatedClient.TYPES) {
        assertThat(client.cache(type))
            .as("%s of %s client %s", TypeUrl.shortName(type), client.kind, clients.indexOf(client))
            .isEqualTo(view(client, type));
      }
    }
    assertThat(engine.env.allowance().waiting()).as("nobody is left in line").isZero();
    assertThat(engine.env.allowance().taken()).as("everything was given back").isZero();
    for (ClientStatus status : engine.clients.clients()) {
      assertThat(status.types())
          .allSatisfy(type -> assertThat(type.state()).isNotIn(SyncState.PENDING, SyncState.STALE));
    }
  }

  /** What the server has for a client, by the model and not by the store. */
  private Map<String, Any> view(SimulatedClient client, String type) {
    Map<String, Any> view = new TreeMap<>();
    for (String name : NAMES) {
      Integer content = null;
      if (client.kind == ClientKind.INMESH) {
        content = model.get(new ResourceBatch.Key(type, name, OURS));
      }
      if (content == null) {
        content = model.get(new ResourceBatch.Key(type, name, ResourceStore.DEFAULT_VIEW));
      }
      if (content != null && client.wants(type, name)) {
        view.put(
            name,
            Any.newBuilder()
                .setTypeUrl(type)
                .setValue(Engine.resource(type, name, content).toByteString())
                .build());
      }
    }
    return view;
  }

  private SimulatedClient any() {
    return clients.get(random.nextInt(clients.size()));
  }

  private String type() {
    return SimulatedClient.TYPES.get(random.nextInt(SimulatedClient.TYPES.size()));
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }
}
