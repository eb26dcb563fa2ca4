package io.inmesh.server.compile;

import static io.inmesh.server.Eventually.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.server.ads.AdsService;
import io.inmesh.server.ads.ClientStatus;
import io.inmesh.server.ads.ResourceBatch;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.SyncState;
import io.inmesh.server.ads.TypeStatus;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.registry.RegistrySnapshot;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What a compiler makes of a configuration, served over ADS on a loopback port. */
final class ServedMesh {
  private final ThreadControlLoop loop = new ThreadControlLoop("served-mesh");
  private final ResourceStore store = new ResourceStore(loop.clock());
  private final AdsService ads =
      AdsService.builder(store, loop)
          .views(node -> ViewSelector.views(node).stream().map(View::toString).toList())
          .build();
  private final Server server;

  ServedMesh() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(ads)
            .build()
            .start();
  }

  /** Replaces everything that is served; all of it obeys the rules. */
  void serve(String yaml, Instances... instances) {
    ConfigUpdate config = ConfigLoader.parse("mesh.yaml", yaml);
    assertThat(config.findings()).noneMatch(Finding::isError);
    MeshCompiler compiler = new MeshCompiler();
    compiler.configChanged(config.set());
    RegistrySnapshot registry = Instances.registry(instances);
    compiler.registryChanged(registry, registry.services().keySet());
    StockClientRules.check(compiler.resources());
    ResourceBatch.Builder batch = ResourceBatch.builder().complete();
    compiler
        .resources()
        .forEach(
            (key, message) ->
                batch.upsert(key.type().typeUrl(), key.name(), key.view().toString(), message));
    store.publish(batch.build());
    store.markReady();
  }

  /** Where it listens. */
  String target() {
    return "127.0.0.1:" + server.getPort();
  }

  /** No response was refused, and whoever asked for something has acknowledged it. */
  void assertAccepted() throws InterruptedException {
    await(() -> types().stream().allMatch(type -> type.state() == SyncState.SYNCED));
    assertThat(types()).isNotEmpty().allMatch(type -> type.lastError() == null);
  }

  private List<TypeStatus> types() {
    List<TypeStatus> types = new ArrayList<>();
    for (ClientStatus client : ads.clients().clients()) {
      types.addAll(client.types());
    }
    return types;
  }

  void close() throws InterruptedException {
    server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    ads.close();
    loop.close();
  }
}
