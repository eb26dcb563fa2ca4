package io.inmesh.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Endpoint.Probing;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EndpointsTest {
  private static Endpoint endpoint(String ip, int port, Map<String, String> metadata) {
    return new Endpoint(new InetSocketAddress(ip, port), 1, Health.HEALTHY, "", metadata);
  }

  private static Endpoint named(String name) {
    return endpoint("10.0.0.1", 8080, Map.of("instance", name, "version", "v1"));
  }

  static Stream<List<Endpoint>> lists() throws Exception {
    InetAddress known = InetAddress.getByAddress("orders.example", new byte[] {10, 0, 0, 7});
    InetSocketAddress probed = new InetSocketAddress("10.0.0.9", 1);
    return Stream.of(
        List.of(),
        List.of(named("one")),
        List.of(named("one"), named("two"), named("")),
        List.of(named("é1"), named("日本"), named("z")),
        List.of(endpoint("10.0.0.1", 1, Map.of()), endpoint("255.255.255.255", 65_535, Map.of())),
        List.of(endpoint("::1", 1, Map.of()), endpoint("fe80::1:2", 65_535, Map.of())),
        List.of(endpoint("::1", 1, Map.of()), endpoint("10.0.0.1", 1, Map.of())),
        List.of(
            endpoint("10.0.0.1", 1, Map.of("a", "1")),
            endpoint("10.0.0.1", 1, Map.of()),
            endpoint("10.0.0.1", 1, Map.of("a", "2", "b", "3")),
            endpoint("10.0.0.1", 1, Map.of("b", ""))),
        List.of(
            new Endpoint(
                InetSocketAddress.createUnresolved("orders.example", 80),
                3,
                Health.DRAINING,
                "orders",
                Map.of()),
            new Endpoint(
                new InetSocketAddress(known, 80),
                4,
                Health.UNHEALTHY,
                "",
                Map.of(),
                new Probing(true, probed, "probe"))));
  }

  @ParameterizedTest
  @MethodSource("lists")
  void endpoints_areThoseGiven(List<Endpoint> given) {
    Endpoints kept = Endpoints.of(given);
    assertThat(kept).containsExactlyElementsOf(given).isEqualTo(given).hasSameHashCodeAs(given);
    assertThat(kept).isEqualTo(Endpoints.of(new ArrayList<>(given)));
    for (int i = 0; i < given.size(); i++) {
      Endpoint endpoint = given.get(i);
      assertThat(kept.address(i)).isEqualTo(endpoint.address());
      assertThat(kept.address(i).getHostString()).isEqualTo(endpoint.address().getHostString());
      assertThat(kept.weight(i)).isEqualTo(endpoint.weight());
      assertThat(kept.health(i)).isEqualTo(endpoint.health());
    }
  }

  @ParameterizedTest
  @MethodSource("lists")
  void others_areNotEqual(List<Endpoint> given) {
    List<Endpoint> more = new ArrayList<>(given);
    more.add(named("more"));
    List<Endpoint> changed = new ArrayList<>(more);
    changed.set(given.size(), named("changed"));
    assertThat(Endpoints.of(more)).isNotEqualTo(Endpoints.of(given)).isNotEqualTo(given);
    assertThat(Endpoints.of(more)).isNotEqualTo(Endpoints.of(changed)).isNotEqualTo(changed);
  }

  @Test
  void list_changesLater_theEndpointsDoNot() {
    List<Endpoint> given = new ArrayList<>(List.of(named("one")));
    Endpoints kept = Endpoints.of(given);
    given.clear();
    assertThat(kept).containsExactly(named("one"));
    assertThat(Endpoints.of(kept)).isSameAs(kept);
  }
}
