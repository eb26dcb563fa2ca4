package io.inmesh.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.control.Randomness;
import io.inmesh.testing.FakeMesh;
import org.junit.jupiter.api.Test;

class PickFirstTest {
  private static int first(EndpointPicker picker, int except) {
    return Hosts.port(picker.pick(Hosts.hashed(0, host -> Hosts.port(host) != except)));
  }

  @Test
  void notShuffled_theFirstThatIsAdmitted() {
    PickFirst picker = new PickFirst(new HostSet(Hosts.equal(3)), false, FakeMesh.seeded(1));
    assertThat(first(picker, 0)).isEqualTo(1);
    assertThat(first(picker, 1)).isEqualTo(2);
  }

  /** By gRFC A113 a weight is the chance to be the first, and then to be the next one. */
  @Test
  void shuffled_aClientsOrderStays_ordersFollowWeights() {
    Randomness random = FakeMesh.seeded(1);
    HostSet hosts = new HostSet(Hosts.weighing(1, 2, 3));
    int[] first = new int[4];
    int[] afterTheThird = new int[4];
    for (int client = 0; client < 6_000; client++) {
      PickFirst picker = new PickFirst(hosts, true, random);
      first[first(picker, 0)]++;
      afterTheThird[first(picker, 3)]++;
      assertThat(first(picker, 0)).isEqualTo(first(picker, 0));
    }
    assertThat(first[1]).isBetween(900, 1_100);
    assertThat(first[2]).isBetween(1_900, 2_100);
    assertThat(first[3]).isBetween(2_900, 3_100);
    assertThat(afterTheThird[1]).isBetween(1_900, 2_100);
  }
}
