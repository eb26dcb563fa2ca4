package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AggregateClusterTest {
  private static final ClusterResource BOTH =
      new ClusterResource(
          "both",
          new ClusterResource.Source.Aggregate(List.of("a", "b")),
          BalancerPolicy.DEFAULT,
          Duration.ofSeconds(1),
          Cluster.Protocol.AUTO,
          CircuitBreakers.NONE,
          null,
          null,
          List.of(),
          null,
          null,
          ConnectionPolicy.DEFAULT);

  private static Cluster cluster(
      Cluster.Protocol protocol, @Nullable TlsPolicy tls, int port, int priorities) {
    List<LocalityEndpoints> localities =
        IntStream.range(0, priorities)
            .mapToObj(
                priority ->
                    new LocalityEndpoints(
                        Locality.UNKNOWN,
                        priority,
                        1,
                        List.of(
                            new Endpoint(
                                new InetSocketAddress(
                                    InetAddress.getLoopbackAddress(), port + priority),
                                1,
                                Endpoint.Health.HEALTHY,
                                "",
                                Map.of()))))
            .toList();
    return new Cluster(
        "part",
        "part",
        localities,
        140,
        List.of(),
        BalancerPolicy.DEFAULT,
        Duration.ofSeconds(1),
        protocol,
        CircuitBreakers.NONE,
        null,
        tls,
        null,
        null,
        ConnectionPolicy.DEFAULT);
  }

  private static Cluster cluster(int port, int priorities) {
    return cluster(Cluster.Protocol.HTTP1, null, port, priorities);
  }

  private static TlsPolicy mutual(String... peers) {
    return new TlsPolicy(
        TlsPolicy.Mode.MESH,
        List.of(peers).stream()
            .<StringMatch>map(peer -> new StringMatch.Exact(peer, false))
            .toList(),
        null,
        null);
  }

  private static List<String> places(Cluster cluster) {
    return cluster.localities().stream()
        .map(
            locality -> locality.priority() + ":" + locality.endpoints().get(0).address().getPort())
        .toList();
  }

  private static Cluster both(Cluster... parts) {
    return AggregateCluster.of(BOTH, "orders", List.of(parts));
  }

  @Test
  void priorities_followOneAnother() {
    assertThat(places(both(cluster(10, 2), cluster(20, 0), cluster(30, 1))))
        .containsExactly("0:10", "1:11", "2:30");
  }

  @Test
  void noEndpointsAtFirst_theNextIsTheFirst() {
    Cluster secured = cluster(Cluster.Protocol.HTTP2, mutual("a"), 20, 1);
    Cluster both = both(cluster(10, 0), secured);
    assertThat(places(both)).containsExactly("0:20");
    assertThat(both.tls()).isEqualTo(secured.tls());
    assertThat(both.protocol()).isEqualTo(Cluster.Protocol.HTTP2);
  }

  @Test
  void otherPeers_areAcceptedToo() {
    Cluster both =
        both(
            cluster(Cluster.Protocol.HTTP1, mutual("a", "b"), 10, 1),
            cluster(Cluster.Protocol.HTTP1, mutual("b", "c"), 20, 1));
    assertThat(places(both)).containsExactly("0:10", "1:20");
    assertThat(Objects.requireNonNull(both.tls()).peers()).isEqualTo(mutual("a", "b", "c").peers());
  }

  @Test
  void reachedInAnotherWay_isLeftOut() {
    Cluster first = cluster(Cluster.Protocol.HTTP1, mutual("a"), 10, 1);
    assertThat(
            places(
                both(
                    first,
                    cluster(Cluster.Protocol.HTTP1, null, 20, 1),
                    cluster(Cluster.Protocol.HTTP2, mutual("a"), 30, 1),
                    cluster(Cluster.Protocol.HTTP1, mutual(), 40, 1),
                    cluster(Cluster.Protocol.HTTP1, mutual("b"), 50, 1))))
        .containsExactly("0:10", "1:50");
  }
}
