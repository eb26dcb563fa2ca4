package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.Endpoint;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.testing.Outliers;
import io.inmesh.testing.Snapshots;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HostTableTest {
  private static final Locality EAST = new Locality("r", "east", "");
  private static final Locality WEST = new Locality("r", "west", "");

  private final Map<InetSocketAddress, EndpointState> states = new HashMap<>();

  private HostTable table(LocalityEndpoints... localities) {
    return new HostTable(
        List.of(localities), address -> states.computeIfAbsent(address, a -> new EndpointState()));
  }

  private static LocalityEndpoints locality(Locality where, int priority, Endpoint... endpoints) {
    return new LocalityEndpoints(where, priority, 1, List.of(endpoints));
  }

  private static Endpoint endpoint(int port) {
    return Snapshots.endpoint("10.0.0.1", port);
  }

  private final HostTable table =
      table(
          locality(EAST, 0),
          locality(EAST, 0, endpoint(1), endpoint(2)),
          locality(WEST, 1),
          locality(WEST, 1, Snapshots.endpoint("10.0.0.1", 3, 5, Health.DRAINING), endpoint(1)),
          locality(EAST, 2));

  @Test
  void hosts_areInTheOrderOfTheConfiguration() {
    assertThat(table.size()).isEqualTo(4);
    assertThat(table.positions(0)).isEmpty();
    assertThat(table.positions(1)).containsExactly(0, 1);
    assertThat(table.positions(3)).containsExactly(2, 3);
    assertThat(table.positions(4)).isEmpty();
    Host second = table.get(1);
    assertThat(second).isEqualTo(new Host(endpoint(2), EAST, 0, second.state()));
    assertThat(states).containsEntry(endpoint(2).address(), second.state());
    Host third = table.get(2);
    assertThat(third.locality()).isEqualTo(WEST);
    assertThat(third.priority()).isEqualTo(1);
    assertThat(third.weight()).isEqualTo(5).isEqualTo(table.weight(2));
    assertThat(third.health()).isEqualTo(Health.DRAINING).isEqualTo(table.health(2));
  }

  @Test
  void host_isMadeWhenAskedFor_once() {
    assertThat(table.health(2)).isEqualTo(Health.DRAINING);
    assertThat(table.usable(2)).isTrue();
    assertThat(table.told(endpoint(3).address())).isEqualTo(Health.DRAINING);
    assertThat(states).isEmpty();
    Host host = table.get(2);
    assertThat(table.get(2)).isSameAs(host);
    assertThat(states).hasSize(1);
    host.state().health().ejection.begin(Outliers.defaults().build(), 0, 0);
    assertThat(table.usable(2)).isFalse();
    assertThat(table.complete().usable(0)).isTrue();
    assertThat(states).hasSize(3);
  }

  @Test
  void address_leadsToTheFirstHostThere() {
    Host first = table.host(endpoint(1).address());
    assertThat(first).isSameAs(table.get(0));
    assertThat(table.get(3).state()).isSameAs(table.get(0).state());
    assertThat(table.host(endpoint(9).address())).isNull();
    assertThat(table.told(endpoint(9).address())).isNull();
  }

  @Test
  void manyAddresses_areAllFound() {
    List<Endpoint> many = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      many.add(Snapshots.endpoint("10.0." + i % 100 + "." + i % 7, 1 + i));
    }
    HostTable large = table(new LocalityEndpoints(EAST, 0, 1, many));
    for (int i = 0; i < many.size(); i++) {
      assertThat(large.host(many.get(i).address())).isSameAs(large.get(i));
    }
    assertThat(large.host(endpoint(9).address())).isNull();
  }

  @Test
  void noHosts_nothingIsFound() {
    assertThat(table().host(endpoint(1).address())).isNull();
  }

  @Test
  void sets_areEqual_ifTheirHostsAndWeightsAre() {
    HostTable same = table(table.localities().toArray(new LocalityEndpoints[0]));
    HostTable other = table(locality(EAST, 0, endpoint(1), endpoint(2)));
    assertThat(set(table, 0, 1)).isEqualTo(set(same, 0, 1)).hasSameHashCodeAs(set(same, 0, 1));
    assertThat(set(table, 0, 1)).isEqualTo(set(other, 0, 1));
    assertThat(set(table, 0, 1)).isNotEqualTo(set(table, 0, 3));
    assertThat(set(table, 0, 1)).isNotEqualTo(set(table, 1, 0));
    assertThat(set(table, 2)).isNotEqualTo(set(other, 0));
    assertThat(set(table, 0)).isNotEqualTo(new HostSet(table, new int[] {0}, new double[] {3}));
    assertThat(states).isEmpty();
  }

  private static HostSet set(HostTable table, int... positions) {
    return new HostSet(table, positions);
  }
}
