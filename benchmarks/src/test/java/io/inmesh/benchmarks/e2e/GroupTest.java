package io.inmesh.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GroupTest {
  @Test
  void peers_areAllMeasured_besideWhatTheyAreComparedWith() {
    List<Group> groups = Stream.concat(Group.TARGETS.stream(), Group.OTHERS.stream()).toList();
    assertThat(groups.stream().flatMap(group -> group.peers().stream())).containsAll(Peers.all());
    assertThat(groups)
        .allSatisfy(
            group ->
                assertThat(group.peers().stream().map(Peer::name))
                    .containsAll(group.peers().stream().map(Peer::baseline).toList()));
  }

  @Test
  void chosenPeers_bringTheirBaselines() {
    assertThat(Group.chosen(List.of("inmesh-tls-policies", "jdk")).peers())
        .extracting(Peer::name)
        .containsExactly("transport", "jdk", "inmesh-tls", "inmesh-tls-policies");
  }
}
