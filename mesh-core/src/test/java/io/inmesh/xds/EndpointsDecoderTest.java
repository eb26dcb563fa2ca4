package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Fraction;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EndpointsDecoderTest {
  private static ClusterLoadAssignment with(String text) {
    return Text.merge("cluster_name: 'c' " + text, ClusterLoadAssignment.newBuilder()).build();
  }

  private static EndpointsResource decode(String text) throws Rejection {
    return ResourceKind.ENDPOINTS.decode(with(text), KnownFilters.NONE).value();
  }

  private static String endpoint(String address, int port, String more) {
    return "lb_endpoints { endpoint { address { socket_address { address: '"
        + address
        + "' port_value: "
        + port
        + " } } } "
        + more
        + " } ";
  }

  @Test
  void defaults_areTheProtocols() throws Rejection {
    EndpointsResource resource =
        decode("endpoints { " + endpoint("10.0.0.1", 80, "") + endpoint("::1", 81, "") + " }");
    assertThat(resource.overprovisioning()).isEqualTo(140);
    assertThat(resource.drops()).isEmpty();
    LocalityEndpoints locality = resource.localities().get(0);
    assertThat(locality.locality()).isEqualTo(Locality.UNKNOWN);
    assertThat(locality.priority()).isZero();
    assertThat(locality.weight()).isZero();
    assertThat(locality.endpoints())
        .extracting(Endpoint::weight, Endpoint::health, e -> e.address().getPort())
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1, Endpoint.Health.HEALTHY, 80),
            org.assertj.core.groups.Tuple.tuple(1, Endpoint.Health.HEALTHY, 81));
  }

  @ParameterizedTest
  @CsvSource({
    "UNKNOWN,HEALTHY",
    "HEALTHY,HEALTHY",
    "UNHEALTHY,UNHEALTHY",
    "DRAINING,DRAINING",
    "TIMEOUT,UNHEALTHY",
    "DEGRADED,DEGRADED",
    "77,UNHEALTHY"
  })
  void health_isHonoured(String status, Endpoint.Health expected) throws Rejection {
    assertThat(
            decode("endpoints { " + endpoint("10.0.0.1", 80, "health_status: " + status) + " }")
                .localities()
                .get(0)
                .endpoints()
                .get(0)
                .health())
        .isEqualTo(expected);
  }

  @Test
  void prioritiesWeightsDropsAndMetadata_areRead() throws Rejection {
    EndpointsResource resource =
        decode(
            """
            endpoints {
              locality { region: 'r' zone: 'z' sub_zone: 's' } load_balancing_weight { value: 3 }
            """
                + endpoint(
                    "10.0.0.1",
                    80,
                    """
                    load_balancing_weight { value: 7 }
                    metadata { filter_metadata { key: 'inmesh' value {
                      fields { key: 'instance' value { string_value: 'i-1' } }
                      fields { key: 'version' value { string_value: 'v2' } }
                      fields { key: 'labels' value { struct_value {} } }
                    } } }
                    """)
                + """
            }
            endpoints { priority: 1 }
            policy {
              overprovisioning_factor { value: 100 }
              drop_overloads { category: 'lb' drop_percentage { numerator: 5 denominator: MILLION } }
            }
            """);
    assertThat(resource.overprovisioning()).isEqualTo(100);
    assertThat(resource.drops())
        .containsExactly(new Cluster.Drop("lb", new Fraction(5, 1_000_000)));
    assertThat(resource.localities()).extracting(LocalityEndpoints::priority).containsExactly(0, 1);
    LocalityEndpoints first = resource.localities().get(0);
    assertThat(first.locality()).isEqualTo(new Locality("r", "z", "s"));
    assertThat(first.weight()).isEqualTo(3);
    assertThat(first.endpoints().get(0).weight()).isEqualTo(7);
    assertThat(first.endpoints().get(0).metadata())
        .isEqualTo(Map.of("instance", "i-1", "version", "v2"));
  }

  static Stream<Arguments> rejected() {
    String at = "endpoints[0].lb_endpoints[0].";
    return Stream.of(
        Arguments.of("endpoints { priority: 1 }", "endpoints: priorities have a gap"),
        Arguments.of(
            "endpoints { " + endpoint("db.example", 80, "") + " }",
            at + "endpoint.address.socket_address.address: is no IP address"),
        Arguments.of(
            "endpoints { " + endpoint("10.0.0.1", 0, "") + " }",
            at + "endpoint.address.socket_address.port_value: is no port"),
        Arguments.of(
            "endpoints { " + endpoint("10.0.0.1", 70000, "") + " }",
            at + "endpoint.address.socket_address.port_value: is no port"),
        Arguments.of(
            "endpoints { " + endpoint("10.0.0.1", 80, "load_balancing_weight {}") + " }",
            at + "load_balancing_weight: must be at least 1"),
        Arguments.of(
            "endpoints { lb_endpoints { endpoint { address { pipe { path: '/run/x' } } } } }",
            at
                + "endpoint.address.pipe: is not supported, and leaving it out would change where"
                + " requests go or who may send them"),
        Arguments.of("endpoints { priority: 200 }", "endpoints[0].priority: must be at most 127"),
        Arguments.of(
            "policy { overprovisioning_factor {} }",
            "policy.overprovisioning_factor: must be larger than zero"));
  }

  @ParameterizedTest
  @MethodSource("rejected")
  void badEndpoints_areRejectedWithTheirPath(String text, String expected) {
    assertThat(Rejections.of(ResourceKind.ENDPOINTS, with(text))).isEqualTo(expected);
  }
}
