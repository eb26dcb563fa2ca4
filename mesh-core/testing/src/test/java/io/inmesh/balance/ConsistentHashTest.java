package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.FakeMesh;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Ring hash and Maglev: sizes, shares, stability. */
class ConsistentHashTest {
  private static final int REQUESTS = 40_000;

  static Stream<Arguments> balancers() {
    Function<HostSet, EndpointPicker> ring = hosts -> new HashRing(hosts, 16_384, 8 << 20);
    Function<HostSet, EndpointPicker> maglev = hosts -> new MaglevTable(hosts, 65_537);
    return Stream.of(Arguments.of("ring", ring), Arguments.of("maglev", maglev));
  }

  private static List<Integer> picks(EndpointPicker picker) {
    Random random = new Random(5);
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      ports.add(Hosts.port(picker.pick(Hosts.hashed(random.nextLong(), host -> true))));
    }
    return ports;
  }

  private static Map<Integer, Double> percent(List<Integer> ports) {
    Map<Integer, Double> percent = new TreeMap<>();
    ports.forEach(port -> percent.merge(port, 100.0 / ports.size(), Double::sum));
    return percent;
  }

  /** Envoy's arithmetic: the lightest host gets a whole number of places, up to the maximum. */
  @ParameterizedTest
  @CsvSource({
    "1024, 8388608, '1,1,1,1', 1024",
    "1000, 8388608, '1,1,1', 1002",
    "10, 8388608, '1,2,3', 12",
    "3, 8388608, '1,1,1,1,1', 5",
    "1024, 6, '1,1,1,1', 6",
    "5, 8388608, '1,9', 10"
  })
  void ring_size_followsFromWeightsAndBounds(long min, long max, String weights, int size) {
    int[] parsed = Stream.of(weights.split(",")).mapToInt(Integer::parseInt).toArray();
    assertThat(new HashRing(new HostSet(Hosts.weighing(parsed)), min, max).size()).isEqualTo(size);
  }

  @Test
  void ring_notWholePlaces_areSpread() {
    // Envoy's example: four hosts share six places as 2, 1, 2, 1.
    HashRing ring = new HashRing(new HostSet(Hosts.equal(4)), 1024, 6);
    assertThat(List.of(ring.places(0), ring.places(1), ring.places(2), ring.places(3)))
        .containsExactly(2, 1, 2, 1);
  }

  @Test
  void ring_request_goesToTheNextPlaceClockwise() {
    List<Host> hosts = Hosts.equal(2);
    HashRing ring = new HashRing(new HostSet(hosts), 2, 2);
    long first = XxHash64.hash("10.0.0.1:1_0");
    long second = XxHash64.hash("10.0.0.1:2_0");
    assertThat(Hosts.port(ring.pick(Hosts.hashed(first, host -> true)))).isEqualTo(1);
    assertThat(Hosts.port(ring.pick(Hosts.hashed(first + 1, host -> true)))).isEqualTo(2);
    assertThat(Hosts.port(ring.pick(Hosts.hashed(second, host -> true)))).isEqualTo(2);
    assertThat(Hosts.port(ring.pick(Hosts.hashed(second + 1, host -> true)))).isEqualTo(1);
  }

  @Test
  void maglev_entries_areEvenAndFollowWeights() {
    MaglevTable even = new MaglevTable(new HostSet(Hosts.equal(3)), 65_537);
    assertThat(even.entries(0)).isBetween(21_844, 21_847);
    MaglevTable weighted = new MaglevTable(new HostSet(Hosts.weighing(1, 2)), 65_537);
    assertThat(weighted.entries(0)).isBetween(21_800, 21_900);
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void shares_followWeights(String name, Function<HostSet, EndpointPicker> balancer) {
    Map<Integer, Double> percent =
        percent(picks(balancer.apply(new HostSet(Hosts.weighing(1, 1, 2)))));
    assertThat(percent.get(1)).isBetween(22.0, 28.0);
    assertThat(percent.get(2)).isBetween(22.0, 28.0);
    assertThat(percent.get(3)).isBetween(47.0, 53.0);
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void hostLeaves_hardlyAnybodyElseMoves(String name, Function<HostSet, EndpointPicker> balancer) {
    List<Host> hosts = Hosts.equal(10);
    List<Integer> before = picks(balancer.apply(new HostSet(hosts)));
    List<Integer> after = picks(balancer.apply(new HostSet(hosts.subList(0, 9))));
    int moved = 0;
    for (int i = 0; i < REQUESTS; i++) {
      if (before.get(i) != 10 && !before.get(i).equals(after.get(i))) {
        moved++;
      }
    }
    // The ring keeps its size, so that those who stay get a ninth more places each; Maglev trades a
    // little stability for evenness. Hashing by remainder would move eight of nine.
    assertThat(100.0 * moved / REQUESTS).isLessThan(11);
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void order_ofEndpoints_doesNotMatter(String name, Function<HostSet, EndpointPicker> balancer) {
    List<Host> hosts = Hosts.equal(8);
    List<Host> shuffled = new ArrayList<>(hosts);
    Collections.shuffle(shuffled, new Random(3));
    assertThat(picks(balancer.apply(new HostSet(shuffled))))
        .isEqualTo(picks(balancer.apply(new HostSet(hosts))));
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void notAdmitted_goesElsewhere_alwaysToTheSame(
      String name, Function<HostSet, EndpointPicker> balancer) {
    EndpointPicker picker = balancer.apply(new HostSet(Hosts.equal(5)));
    int first = Hosts.port(picker.pick(Hosts.hashed(77, host -> true)));
    int second = Hosts.port(picker.pick(Hosts.hashed(77, host -> Hosts.port(host) != first)));
    assertThat(second).isNotEqualTo(first);
    assertThat(Hosts.port(picker.pick(Hosts.hashed(77, host -> Hosts.port(host) != first))))
        .isEqualTo(second);
    assertThat(picker.pick(Hosts.hashed(77, host -> false))).isNull();
    assertThat(Hosts.port(picker.pick(Hosts.hashed(77, host -> Hosts.port(host) == 4))))
        .isEqualTo(4);
  }

  @ParameterizedTest
  @MethodSource("balancers")
  void noHash_isRandom(String name, Function<HostSet, EndpointPicker> balancer) {
    EndpointPicker picker = balancer.apply(new HostSet(Hosts.equal(4)));
    Hosts.counts(picker, 4_000, FakeMesh.seeded(1))
        .values()
        .forEach(count -> assertThat(count).isBetween(800, 1_200));
  }
}
