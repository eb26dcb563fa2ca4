package io.inmesh.server.compile;

import static io.inmesh.server.compile.ConfigObjects.any;
import static io.inmesh.server.compile.ConfigObjects.backend;
import static io.inmesh.server.compile.ConfigObjects.httpRoute;
import static io.inmesh.server.compile.ConfigObjects.parent;
import static io.inmesh.server.compile.ConfigObjects.rule;
import static io.inmesh.server.compile.ConfigObjects.service;
import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Resource;
import io.inmesh.server.registry.InstanceHealth;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a change costs, and that it never matters how a state was reached. */
class IncrementalTest {
  private static final ConfigSet ORDERS = ConfigSet.of(List.of(service("shop", "orders", 80)));
  private static final ServiceKey KEY = new ServiceKey("shop", "orders");

  @Test
  void endpointChange_touchesOnlyItsEndpoints() {
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(ORDERS);
    compiler.registryChanged(registry(instance("shop", "orders", "a")), Set.of(KEY));

    CompileUpdate update =
        compiler.registryChanged(
            registry(
                instance("shop", "orders", "a").health(InstanceHealth.DRAINING),
                instance("shop", "orders", "b").at("10.0.0.2")),
            Set.of(KEY));

    assertThat(update.changed())
        .extracting(resource -> resource.key().toString())
        .containsExactly("ENDPOINTS outbound|80||orders.shop.svc.cluster.local [*]");
    assertThat(update.removed()).isEmpty();
  }

  @Test
  void reRegistrationWithoutDifference_changesNothing() {
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(ORDERS);
    compiler.registryChanged(registry(instance("shop", "orders", "a")), Set.of(KEY));

    assertThat(
            compiler
                .registryChanged(registry(instance("shop", "orders", "a")), Set.of(KEY))
                .isEmpty())
        .isTrue();
    assertThat(compiler.configChanged(ORDERS).isEmpty()).isTrue();
  }

  @Test
  void routeChange_touchesOnlyItsRoutes() {
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(ORDERS);

    CompileUpdate update =
        compiler.configChanged(
            ConfigSet.of(
                List.of(
                    service("shop", "orders", 80),
                    httpRoute(
                        "shop",
                        "r",
                        parent("shop", "orders"),
                        rule(List.of(any()), backend("shop", "orders", 80, 1))))));

    assertThat(update.changed())
        .extracting(resource -> resource.key().type())
        .containsOnly(XdsType.ROUTES);
  }

  @Test
  void changes_comeInTheOrderClientsNeed_removalsInTheOpposite() {
    MeshCompiler compiler = new MeshCompiler();
    CompileUpdate appeared = compiler.configChanged(ORDERS);
    CompileUpdate vanished = compiler.configChanged(ConfigSet.EMPTY);

    assertThat(appeared.changed()).isSortedAccordingTo((a, b) -> a.key().compareTo(b.key()));
    assertThat(appeared.changed().get(0).key().type()).isEqualTo(XdsType.CLUSTER);
    assertThat(vanished.changed()).isEmpty();
    assertThat(vanished.removed().get(0).type()).isEqualTo(XdsType.ROUTES);
    assertThat(vanished.removed().get(vanished.removed().size() - 1).type())
        .isEqualTo(XdsType.CLUSTER);
  }

  @Test
  void implicitService_comesAndGoesWithItsInstances_andGivesWayToADeclaredOne() {
    MeshCompiler compiler = new MeshCompiler();
    RegistrySnapshot one = registry(instance("shop", "orders", "a").port("web", "http", 81, 8081));
    compiler.registryChanged(one, Set.of(KEY));
    assertThat(names(compiler)).contains("orders.shop.svc.cluster.local:81");

    compiler.configChanged(ORDERS);
    assertThat(names(compiler))
        .contains("orders.shop.svc.cluster.local:80")
        .doesNotContain("orders.shop.svc.cluster.local:81");

    compiler.configChanged(ConfigSet.EMPTY);
    compiler.registryChanged(RegistrySnapshot.EMPTY, Set.of(KEY));
    assertThat(names(compiler)).containsExactly("inmesh.invalid-backend");
  }

  @Test
  void anyHistory_givesTheSameAsAFreshCompiler_andUpdatesAddUpToIt() {
    for (int seed = 0; seed < 20; seed++) {
      Random random = new Random(seed);
      MeshCompiler compiler = new MeshCompiler();
      Map<XdsKey, Message> client = new TreeMap<>();
      ConfigSet config = ConfigSet.EMPTY;
      List<Instances> instances = new ArrayList<>();
      for (int step = 0; step < 40; step++) {
        CompileUpdate update;
        if (random.nextInt(4) == 0) {
          config = randomConfig(random);
          update = compiler.configChanged(config);
        } else {
          Set<ServiceKey> changed = mutate(instances, random);
          update = compiler.registryChanged(registry(instances.toArray(Instances[]::new)), changed);
        }
        update.changed().forEach(resource -> client.put(resource.key(), resource.message()));
        update.removed().forEach(client::remove);
      }
      MeshCompiler fresh = new MeshCompiler();
      RegistrySnapshot registry = registry(instances.toArray(Instances[]::new));
      fresh.registryChanged(registry, registry.services().keySet());
      fresh.configChanged(config);

      assertThat(compiler.resources()).as("seed " + seed).isEqualTo(fresh.resources());
      assertThat(compiler.findings()).isEqualTo(fresh.findings());
      assertThat(client).isEqualTo(compiler.resources());
      StockClientRules.check(compiler.resources());
    }
  }

  private static Set<ServiceKey> mutate(List<Instances> instances, Random random) {
    String service = List.of("orders", "billing", "stock").get(random.nextInt(3));
    ServiceKey key = new ServiceKey("shop", service);
    String id = "i" + random.nextInt(4);
    instances.removeIf(
        i -> i.build().key().serviceKey().equals(key) && i.build().key().id().equals(id));
    if (random.nextInt(3) > 0) {
      Instances added =
          instance("shop", service, id)
              .at("10.0." + service.length() + "." + random.nextInt(5))
              .version("v" + random.nextInt(2))
              .weight(1 + random.nextInt(3));
      if (random.nextBoolean()) {
        added.port("http", random.nextBoolean() ? "http" : "grpc", 80, 8000 + random.nextInt(2));
      }
      if (random.nextInt(5) == 0) {
        added.label("app", "orders");
      }
      instances.add(added);
    }
    return Set.of(key);
  }

  private static ConfigSet randomConfig(Random random) {
    List<Resource<?>> objects = new ArrayList<>();
    for (String name : List.of("orders", "billing")) {
      if (random.nextBoolean()) {
        objects.add(service("shop", name, 80));
      }
      if (random.nextBoolean()) {
        objects.add(
            httpRoute(
                random.nextBoolean() ? "shop" : "web",
                name,
                parent("shop", "orders"),
                rule(
                    List.of(any()),
                    backend("shop", "billing", 80, random.nextInt(3)),
                    backend("shop", "stock", 80, 1))));
      }
    }
    return ConfigSet.of(objects);
  }

  private static Set<String> names(MeshCompiler compiler) {
    Set<String> names = new java.util.TreeSet<>();
    for (XdsKey key : compiler.resources().keySet()) {
      if (!key.name().startsWith("outbound|") && !key.name().contains("listen")) {
        names.add(key.name());
      }
    }
    return names;
  }
}
