package io.inmesh.server.ads;

import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static io.inmesh.server.ads.Engine.LDS;
import static io.inmesh.server.ads.Engine.RDS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.core.v3.Address;
import io.envoyproxy.envoy.config.core.v3.SocketAddress;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.endpoint.v3.Endpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LbEndpoint;
import io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.inmesh.server.ads.Engine.Delta;
import io.inmesh.server.ads.Engine.Sotw;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a restart of the server costs on the wire: bytes are exact on any machine. */
class ReconnectBytesTest {
  private static final int SERVICES = 20;
  private static final int ENDPOINTS = 50;
  private static final int EMPTY_RESPONSE = 160;
  private static final List<String> TYPES = List.of(LDS, RDS, CDS, EDS);

  private static String[] names() {
    String[] names = new String[SERVICES];
    for (int i = 0; i < SERVICES; i++) {
      names[i] = "outbound|80||service-" + i + ".shop.svc.cluster.local";
    }
    return names;
  }

  private static Message content(String type, String name) {
    if (!type.equals(EDS)) {
      return Engine.resource(type, name, 1);
    }
    LocalityLbEndpoints.Builder locality = LocalityLbEndpoints.newBuilder();
    for (int i = 0; i < ENDPOINTS; i++) {
      locality.addLbEndpoints(
          LbEndpoint.newBuilder()
              .setEndpoint(
                  Endpoint.newBuilder()
                      .setAddress(
                          Address.newBuilder()
                              .setSocketAddress(
                                  SocketAddress.newBuilder()
                                      .setAddress("10.0.0." + i)
                                      .setPortValue(8080)))));
    }
    return ClusterLoadAssignment.newBuilder().setClusterName(name).addEndpoints(locality).build();
  }

  /** A server with this content, published in some other order in some other batches. */
  private static Engine server(long seed) {
    Engine engine = new Engine();
    List<ResourceBatch.Key> keys = new ArrayList<>();
    for (String type : TYPES) {
      for (String name : names()) {
        keys.add(new ResourceBatch.Key(type, name, ResourceStore.DEFAULT_VIEW));
      }
    }
    Collections.shuffle(keys, new Random(seed));
    for (ResourceBatch.Key key : keys) {
      engine.store.publish(
          ResourceBatch.builder()
              .upsert(key.typeUrl(), key.name(), key.view(), content(key.typeUrl(), key.name()))
              .build());
    }
    return engine;
  }

  @Test
  void currentClient_getsNoEndpointsAndRoutesFromARestartedServer() {
    Map<String, String> versions = new HashMap<>();
    Map<String, Integer> firstBytes = new HashMap<>();
    Sotw before = server(1).sotw(ClientKind.INMESH);
    for (String type : TYPES) {
      before.subscribe(type, names());
      DiscoveryResponse response = before.one();
      versions.put(type, response.getVersionInfo());
      firstBytes.put(type, response.getSerializedSize());
      before.ack(response, names());
    }
    assertThat(firstBytes.get(EDS)).isGreaterThan(SERVICES * ENDPOINTS * 15);

    Engine restarted = server(2);
    Sotw again = restarted.sotw(ClientKind.INMESH);
    Map<String, DiscoveryResponse> answers = new HashMap<>();
    for (String type : TYPES) {
      again.resume(type, versions.getOrDefault(type, ""), names());
    }
    for (DiscoveryResponse response : again.take()) {
      answers.put(response.getTypeUrl(), response);
      assertThat(response.getVersionInfo()).isEqualTo(versions.get(response.getTypeUrl()));
      again.ack(response, names());
    }
    assertThat(answers).containsOnlyKeys(TYPES);
    answers.forEach(
        (type, response) -> {
          if (TypeUrl.fullState(type)) {
            assertThat(response.getSerializedSize()).isEqualTo(firstBytes.get(type));
          } else {
            assertThat(response.getResourcesList()).isEmpty();
            assertThat(response.getResourceErrorsList()).isEmpty();
            assertThat(response.getSerializedSize()).isLessThan(EMPTY_RESPONSE);
          }
        });

    restarted.put(EDS, names()[3], 7);
    assertThat(Engine.names(again.one())).containsExactly(names()[3]);
  }

  @Test
  void currentDeltaClient_getsNothingAtAllFromARestartedServer() {
    Map<String, Map<String, String>> versions = new HashMap<>();
    Delta before = server(1).delta(ClientKind.INMESH);
    for (String type : TYPES) {
      before.subscribe(type, names());
      DeltaDiscoveryResponse response = before.one();
      Map<String, String> held = new HashMap<>();
      response.getResourcesList().forEach(r -> held.put(r.getName(), r.getVersion()));
      versions.put(type, held);
      before.ack(response);
    }
    Delta again = server(2).delta(ClientKind.INMESH);
    for (String type : TYPES) {
      again.resume(type, versions.getOrDefault(type, Map.of()), names());
      DeltaDiscoveryResponse response = again.one();
      assertThat(response.getResourcesList()).isEmpty();
      assertThat(response.getSerializedSize()).isLessThan(EMPTY_RESPONSE);
    }
  }

  @Test
  void clientThatMissedAChange_getsItsEndpoints() {
    Sotw before = server(1).sotw(ClientKind.INMESH);
    before.subscribe(EDS, names());
    String version = before.one().getVersionInfo();
    Engine restarted = server(2);
    restarted.put(EDS, names()[0], 9);
    Sotw again = restarted.sotw(ClientKind.INMESH);
    again.resume(EDS, version, names());
    assertThat(Engine.names(again.one())).hasSize(SERVICES);
  }

  /** Its version may stand for resources that it dropped while nobody was there to be told. */
  @Test
  void clientOfOthers_getsEverythingAgain_asItMayClaimMoreThanItHolds() {
    Sotw before = server(1).sotw(ClientKind.GRPC);
    before.subscribe(EDS, names());
    String version = before.one().getVersionInfo();
    Sotw again = server(2).sotw(ClientKind.GRPC);
    again.resume(EDS, version, names());
    assertThat(Engine.names(again.one())).hasSize(SERVICES);
  }
}
