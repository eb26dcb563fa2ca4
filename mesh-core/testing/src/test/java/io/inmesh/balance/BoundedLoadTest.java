package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that are not over yet, all with the same key. */
class BoundedLoadTest {
  private static final long KEY = 77;

  private static EndpointPicker picker(HostSet hosts, int percent) {
    return new BoundedLoad(new HashRing(hosts, 1024, 8 << 20), hosts, percent);
  }

  private static Host pick(EndpointPicker picker) {
    return Objects.requireNonNull(picker.pick(Hosts.hashed(KEY, host -> true)));
  }

  private static void hold(EndpointPicker picker, int requests) {
    for (int i = 0; i < requests; i++) {
      pick(picker).state().taken();
    }
  }

  /** No host has more than its share of all requests, times the factor, rounded up. */
  @ParameterizedTest
  @CsvSource({
    "100, '1,1,1,1', 100, '25,25,25,25'",
    "125, '1,1,1,1', 100, '32,32,32,32'",
    "200, '1,1,1,1', 100, '50,50,50,50'",
    "150, '1,3', 40, '15,45'",
    "125, '1,1', 1, '1,1'"
  })
  void held_neverMoreThanTheBound(int percent, String weights, int requests, String bounds) {
    List<Host> hosts = Hosts.weighing(numbers(weights));
    hold(picker(new HostSet(hosts), percent), requests);
    int[] most = numbers(bounds);
    for (int i = 0; i < most.length; i++) {
      assertThat(hosts.get(i).state().inFlight()).isLessThanOrEqualTo(most[i]);
    }
    assertThat(hosts.stream().mapToInt(host -> host.state().inFlight()).sum()).isEqualTo(requests);
  }

  private static int[] numbers(String list) {
    return List.of(list.split(",")).stream().mapToInt(Integer::parseInt).toArray();
  }

  @Test
  void withinTheBound_theHostOfTheKey() {
    List<Host> hosts = Hosts.equal(10);
    HostSet set = new HostSet(hosts);
    Host own = pick(new HashRing(set, 1024, 8 << 20));
    assertThat(pick(picker(set, 120))).isEqualTo(own);
    // As busy as the average: eleven of 101 are within 120 %.
    hosts.forEach(host -> IntStream.range(0, 10).forEach(i -> host.state().taken()));
    assertThat(pick(picker(set, 120))).isEqualTo(own);
  }

  @Test
  void hotKey_staysOnFewHosts_alwaysTheSame() {
    List<Integer> first = portsOf(3);
    assertThat(portsOf(3)).isEqualTo(first);
    assertThat(new HashSet<>(first)).hasSize(3);
  }

  /** A thousand hosts with a request each, but for the key's, which has one after the other. */
  private static List<Integer> portsOf(int requests) {
    List<Host> hosts = Hosts.equal(1_000);
    hosts.forEach(host -> host.state().taken());
    EndpointPicker picker = picker(new HostSet(hosts), 150);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      Host host = pick(picker);
      host.state().taken();
      ports.add(Hosts.port(host));
    }
    return ports;
  }

  @Test
  void nobodyElseIsAdmitted_theBoundIsGivenUp() {
    HostSet hosts = new HostSet(Hosts.equal(3));
    EndpointPicker picker = picker(hosts, 100);
    for (int i = 0; i < 10; i++) {
      Host host = picker.pick(Hosts.hashed(KEY, each -> Hosts.port(each) == 2));
      assertThat(Hosts.port(host)).isEqualTo(2);
      Objects.requireNonNull(host).state().taken();
    }
    assertThat(picker.pick(Hosts.hashed(KEY, each -> false))).isNull();
  }
}
