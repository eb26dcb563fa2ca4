package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static io.inmesh.server.ads.Engine.LDS;
import static io.inmesh.server.ads.Engine.RDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one change costs on the wire when many clients watch: bytes are exact on any machine. */
class FanOutBytesTest {
  private static final int SERVICES = 20;

  private static String[] names() {
    String[] names = new String[SERVICES];
    for (int i = 0; i < SERVICES; i++) {
      names[i] = "service-" + i;
    }
    return names;
  }

  private static Engine server() {
    Engine engine = new Engine();
    for (String type : List.of(LDS, RDS, CDS, EDS)) {
      for (String name : names()) {
        engine.put(type, name, 1);
      }
    }
    return engine;
  }

  @ParameterizedTest
  @CsvSource({
    "100, ENDPOINTS",
    "100, ROUTES",
    "1000, ENDPOINTS",
  })
  void change_toManySotwClients_sendsEachTheChangedResourceAlone(int clients, Change change) {
    Engine server = server();
    List<Engine.Sotw> watching = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      Engine.Sotw client = server.sotw(ClientKind.INMESH);
      for (String type : List.of(CDS, EDS, LDS, RDS)) {
        client.subscribe(type, names());
        client.ack(client.one(), names());
      }
      watching.add(client);
    }
    server.put(change.type, "service-7", 2);
    long bytes = 0;
    for (Engine.Sotw client : watching) {
      List<DiscoveryResponse> news = client.take();
      assertThat(news).hasSize(1);
      bytes += news.get(0).getSerializedSize();
    }
    assertThat(bytes).isEqualTo((long) clients * change.sotwBytes);
  }

  @ParameterizedTest
  @CsvSource({
    "100, ENDPOINTS",
    "100, ROUTES",
    "1000, ENDPOINTS",
  })
  void change_toManyDeltaClients_sendsEachTheChangedResourceAlone(int clients, Change change) {
    Engine server = server();
    List<Engine.Delta> watching = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      Engine.Delta client = server.delta(ClientKind.INMESH);
      for (String type : List.of(CDS, EDS, LDS, RDS)) {
        client.subscribe(type, names());
        client.ack(client.one());
      }
      watching.add(client);
    }
    server.put(change.type, "service-7", 2);
    long bytes = 0;
    for (Engine.Delta client : watching) {
      List<DeltaDiscoveryResponse> news = client.take();
      assertThat(news).hasSize(1);
      bytes += news.get(0).getSerializedSize();
    }
    assertThat(bytes).isEqualTo((long) clients * change.deltaBytes);
  }

  /** What changes, and what a client is sent for it. */
  enum Change {
    ENDPOINTS(EDS, 203, 251),
    ROUTES(RDS, 187, 234);

    private final String type;
    private final int sotwBytes;
    private final int deltaBytes;

    Change(String type, int sotwBytes, int deltaBytes) {
      this.type = type;
      this.sotwBytes = sotwBytes;
      this.deltaBytes = deltaBytes;
    }
  }
}
