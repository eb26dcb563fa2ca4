package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.testing.Snapshots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random subsetting by rendezvous hash. */
class SubsetTest {
  private static Set<Host> subset(List<Host> hosts, int size, long seed) {
    int[] all = IntStream.range(0, hosts.size()).toArray();
    return Subset.of(HostTable.of(hosts), all, size, seed).stream()
        .mapToObj(hosts::get)
        .collect(Collectors.toSet());
  }

  @Test
  void size_isKept_andTheSameProcessChoosesTheSame() {
    List<Host> hosts = Hosts.equal(100);
    Set<Host> chosen = subset(hosts, 10, 7);
    assertThat(chosen).hasSize(10);
    assertThat(subset(hosts, 10, 7)).isEqualTo(chosen);
    assertThat(subset(hosts, 10, 8)).isNotEqualTo(chosen);
    assertThat(subset(hosts, 200, 7)).hasSize(100);
  }

  @Test
  void hostLeaves_oneAtMostIsReplaced() {
    List<Host> hosts = Hosts.equal(100);
    Set<Host> before = subset(hosts, 10, 7);
    for (Host gone : before) {
      List<Host> left = new ArrayList<>(hosts);
      left.remove(gone);
      Set<Host> after = subset(left, 10, 7);
      assertThat(after).hasSize(10);
      assertThat(before.stream().filter(after::contains)).hasSize(9);
    }
  }

  @Test
  void manyProcesses_connectEvenly() {
    List<Host> hosts = Hosts.equal(50);
    Map<Host, Integer> clients = new HashMap<>();
    for (int process = 0; process < 2_000; process++) {
      subset(hosts, 5, XxHash64.hash("process-" + process))
          .forEach(host -> clients.merge(host, 1, Integer::sum));
    }
    // 200 on average; four standard deviations are 54.
    assertThat(clients).hasSize(50);
    clients.values().forEach(count -> assertThat(count).isBetween(146, 254));
  }

  @Test
  void unusableHosts_doNotCount_butStayForTheCensus() {
    List<Host> hosts = new ArrayList<>();
    for (int port = 1; port <= 20; port++) {
      hosts.add(
          new Host(
              Snapshots.endpoint(
                  "10.0.0.1",
                  port,
                  1,
                  port % 2 == 0 ? Endpoint.Health.HEALTHY : Endpoint.Health.UNHEALTHY),
              Locality.UNKNOWN,
              0,
              new EndpointState()));
    }
    Set<Host> chosen = subset(hosts, 5, 3);
    assertThat(chosen.stream().filter(host -> host.endpoint().health() == Endpoint.Health.HEALTHY))
        .hasSize(5);
    assertThat(chosen).hasSizeGreaterThan(5);
  }
}
