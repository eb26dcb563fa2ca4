package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ViewSelectorTest {
  @ParameterizedTest
  @CsvSource({
    "gRPC Java, '', GRPC",
    "gRPC C-core linux, '', GRPC",
    "grpc-node, '', GRPC",
    "gRPC Java, 0.1.0, INMESH",
    "envoy, '', ENVOY",
    "Envoy, '', ENVOY",
    "something else, '', GRPC",
    "'', '', GRPC"
  })
  void clients_byOurVersion_thenByUserAgent(
      String agent, String version, CapabilityClass expected) {
    Node.Builder node = Node.newBuilder().setUserAgentName(agent);
    if (!version.isEmpty()) {
      node.setMetadata(metadata("inmesh.version", version));
    }
    assertThat(ViewSelector.clients(node.build())).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "orders.shop/1, '', shop",
    "orders.shop/1, web, web",
    "orders/1, '', default",
    "orders./1, '', default",
    "orders, '', default",
    "'', '', default",
    "sidecar~10.0.0.1~orders-7f9.shop~shop.svc.cluster.local, '', shop",
    "a/b.c, '', default"
  })
  void namespace_byMetadata_thenById(String id, String declared, String expected) {
    Node.Builder node = Node.newBuilder().setId(id);
    if (!declared.isEmpty()) {
      node.setMetadata(metadata("NAMESPACE", declared));
    }
    assertThat(ViewSelector.namespace(node.build())).isEqualTo(expected);
  }

  @Test
  void views_goFromTheNarrowToTheWide() {
    Node node =
        Node.newBuilder()
            .setId("orders.shop/1")
            .setCluster("orders")
            .setMetadata(metadata("inmesh.version", "0.1.0"))
            .build();

    assertThat(ViewSelector.views(node))
        .extracting(View::toString)
        .containsExactly(
            "inmesh/shop/orders{}", "*/shop/orders{}", "inmesh/shop", "*/shop", "inmesh", "*");
  }

  private static Struct metadata(String key, String value) {
    return Struct.newBuilder()
        .putFields(key, Value.newBuilder().setStringValue(value).build())
        .build();
  }
}
