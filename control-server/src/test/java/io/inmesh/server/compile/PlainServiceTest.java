package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static io.inmesh.server.compile.Instances.registry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.ServiceSpec;
import io.inmesh.server.registry.InstanceHealth;
import io.inmesh.server.registry.LeaseState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** From a Service and its instances to the four resources, without any routes. */
class PlainServiceTest {
  private static final String CLUSTER = "outbound|80||orders.shop.svc.cluster.local";
  private static final String LISTENER = "orders.shop.svc.cluster.local:80";

  private static final ConfigSet ORDERS =
      ConfigSet.of(
          List.of(
              Resource.of(
                  new ResourceKey(Kind.SERVICE, "shop", "orders"),
                  new ServiceSpec(
                      List.of(
                          new ServiceSpec.Port(
                              "http",
                              80,
                              new ServiceSpec.PortTarget(80, ""),
                              "",
                              "TCP",
                              Provenance.UNKNOWN)),
                      Map.of("app", "orders"),
                      "ClusterIP",
                      "",
                      "",
                      false,
                      ""))));

  @Test
  void plainService_hasListenerRoutesClusterAndEndpoints() {
    Compiled compiled =
        Compiled.compile(
            ORDERS,
            registry(
                instance("shop", "orders", "a").at("10.0.0.1").version("v1"),
                instance("shop", "orders", "b")
                    .at("10.0.0.2")
                    .version("v2")
                    .port("http", "http", 80, 31000)
                    .health(InstanceHealth.DRAINING),
                instance("other", "orders", "c").at("10.0.0.3")));

    assertThat(compiled.listener(LISTENER).hasApiListener()).isTrue();
    Route route = compiled.routes(LISTENER).get(0);
    assertThat(compiled.routes(LISTENER)).hasSize(1);
    assertThat(route.getMatch().getPrefix()).isEqualTo("/");
    assertThat(route.getRoute().getCluster()).isEqualTo(CLUSTER);
    assertThat(route.getRoute().getRetryPolicy().getRetryOn())
        .isEqualTo("connect-failure,refused-stream,reset-before-request");
    assertThat(compiled.cluster(CLUSTER).getType()).isEqualTo(Cluster.DiscoveryType.EDS);
    assertThat(compiled.endpoints(CLUSTER))
        .containsExactly("10.0.0.1:8080 HEALTHY", "10.0.0.2:31000 DRAINING");
    assertThat(
            compiled
                .assignment(CLUSTER)
                .getEndpoints(0)
                .getLbEndpoints(0)
                .getMetadata()
                .getFilterMetadataOrThrow("inmesh")
                .getFieldsMap())
        .hasEntrySatisfying("version", v -> assertThat(v.getStringValue()).isEqualTo("v1"))
        .hasEntrySatisfying("workload", v -> assertThat(v.getStringValue()).isEqualTo("orders"));
  }

  @Test
  void stockGrpcAndOurs_seeTheSame_envoySeesNoApiListener() {
    Compiled compiled = Compiled.compile(ORDERS, registry(instance("shop", "orders", "a")));

    for (XdsType type : XdsType.values()) {
      String name = type == XdsType.LISTENER || type == XdsType.ROUTES ? LISTENER : CLUSTER;
      assertThat(compiled.seenBy(CapabilityClass.GRPC, "x").find(type, name))
          .isEqualTo(compiled.seenBy(CapabilityClass.INMESH, "x").find(type, name))
          .isNotNull();
    }
    Compiled envoy = compiled.seenBy(CapabilityClass.ENVOY, "x");
    assertThat(envoy.find(XdsType.LISTENER, LISTENER)).isNull();
    assertThat(envoy.find(XdsType.CLUSTER, CLUSTER)).isNotNull();
  }

  @Test
  void unselectedInstances_getAnImplicitService_withTheirPortsAndProtocols() {
    Compiled compiled =
        Compiled.compile(
            ConfigSet.EMPTY,
            registry(
                instance("shop", "inventory", "a")
                    .at("10.0.0.1")
                    .port("grpc", "grpc", 9090, 9191)
                    .port("http", "http", 80, 8080)));

    String grpc = "outbound|9090||inventory.shop.svc.cluster.local";
    assertThat(compiled.endpoints(grpc)).containsExactly("10.0.0.1:9191 HEALTHY");
    assertThat(speaksHttp2(compiled.cluster(grpc))).isTrue();
    assertThat(speaksHttp2(compiled.cluster("outbound|80||inventory.shop.svc.cluster.local")))
        .isFalse();
    assertThat(compiled.listener("inmesh/server?listener=0.0.0.0:9191").hasAddress()).isTrue();
    assertThat(
            compiled
                .listener("grpc/server?xds.resource.listening_address=0.0.0.0:9191")
                .hasAddress())
        .isTrue();
  }

  @Test
  void localities_weighAsMuchAsTheirEndpoints() {
    Compiled compiled =
        Compiled.compile(
            ORDERS,
            registry(
                instance("shop", "orders", "a").at("10.0.0.1").in("eu", "a").weight(3),
                instance("shop", "orders", "b").at("10.0.0.2").in("eu", "b"),
                instance("shop", "orders", "c").at("10.0.0.3").in("eu", "a")));

    ClusterLoadAssignment assignment = compiled.assignment(CLUSTER);
    assertThat(assignment.getEndpointsList())
        .extracting(l -> l.getLocality().getZone(), l -> l.getLoadBalancingWeight().getValue())
        .containsExactly(tuple("a", 4), tuple("b", 1));
  }

  @Test
  void expiredLease_isUnhealthy_heldLease_isUnknown() {
    Compiled compiled =
        Compiled.compile(
            ORDERS,
            registry(
                instance("shop", "orders", "a").at("10.0.0.1").lease(LeaseState.EXPIRED),
                instance("shop", "orders", "b").at("10.0.0.2").lease(LeaseState.HELD),
                instance("shop", "orders", "c").at("10.0.0.3").lease(LeaseState.SUSPECT)));

    assertThat(compiled.endpoints(CLUSTER))
        .containsExactly(
            "10.0.0.1:8080 UNHEALTHY", "10.0.0.2:8080 UNKNOWN", "10.0.0.3:8080 HEALTHY");
  }

  private static boolean speaksHttp2(Cluster cluster) {
    try {
      return cluster
          .getTypedExtensionProtocolOptionsOrThrow(
              "envoy.extensions.upstreams.http.v3.HttpProtocolOptions")
          .unpack(HttpProtocolOptions.class)
          .getExplicitHttpConfig()
          .hasHttp2ProtocolOptions();
    } catch (com.google.protobuf.InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }
}
