package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.dns.v3.DnsCluster;
import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LB-26: DNS clusters from the resource to the snapshot, on virtual time. */
class DnsClusterTest {
  private static final String API = "api.example.com:80";
  private static final String CLUSTER = "outbound|80||api.example.com";

  private final ManualClock clock = new ManualClock();
  private final FakeTransport transport = new FakeTransport(clock);
  private final FakeResolver resolver = new FakeResolver();
  private final List<MeshSnapshot> published = new ArrayList<>();
  private final SnapshotAssembler assembler =
      new SnapshotAssembler(
          transport,
          SnapshotAssemblerTest.NODE,
          clock,
          resolver,
          false,
          Randomness.SYSTEM,
          published::add,
          () -> {});

  @AfterEach
  void nothingLeaks() {
    clock.execute(assembler::close);
    clock.advanceMillis(10_000); // what watches for absence ends by itself
    assertThat(clock.pending()).isZero();
  }

  private static Cluster.Builder dns(String type, String... hosts) {
    Cluster.Builder cluster =
        Text.merge(
            "type: "
                + type
                + " dns_refresh_rate { seconds: 30 }"
                + " dns_failure_refresh_rate { base_interval { seconds: 1 }"
                + " max_interval { seconds: 4 } }",
            Protos.cluster(CLUSTER).toBuilder().clearEdsClusterConfig());
    var locality = cluster.getLoadAssignmentBuilder().addEndpointsBuilder();
    for (String host : hosts) {
      locality
          .addLbEndpointsBuilder()
          .getEndpointBuilder()
          .setAddress(Protos.address(host, 80))
          .setHostname(host);
    }
    return cluster;
  }

  private void serve(Cluster.Builder cluster) {
    clock.execute(() -> assembler.want(API));
    transport.send(ResourceKind.LISTENER, Protos.listener(API));
    transport.send(ResourceKind.ROUTES, Protos.routes(API, CLUSTER));
    transport.send(ResourceKind.CLUSTER, cluster.build());
  }

  private MeshSnapshot last() {
    return published.get(published.size() - 1);
  }

  private List<Endpoint> endpoints() {
    return Objects.requireNonNull(last().clusters().get(CLUSTER)).localities().stream()
        .flatMap(locality -> locality.endpoints().stream())
        .toList();
  }

  private List<String> addresses() {
    return endpoints().stream()
        .map(Endpoint::address)
        .map(last()::resolved)
        .map(address -> address.getAddress().getHostAddress())
        .toList();
  }

  @Test
  void strict_everyAddressIsAnEndpoint_inAnOrderThatStays() {
    resolver.know("a.example.com", "10.0.0.2", "10.0.0.1");
    resolver.know("b.example.com", "10.0.0.3", "10.0.0.1");
    serve(dns("STRICT_DNS", "a.example.com", "b.example.com"));
    assertThat(addresses()).containsExactly("10.0.0.1", "10.0.0.2", "10.0.0.3");
    assertThat(endpoints())
        .extracting(endpoint -> endpoint.address().getHostString())
        .as("for certificates")
        .containsExactly("a.example.com", "a.example.com", "b.example.com");

    resolver.know("a.example.com", "10.0.0.1", "10.0.0.2");
    int before = published.size();
    clock.advanceMillis(31_000);
    assertThat(published).as("nothing changed").hasSize(before);
  }

  @Test
  void logical_isOneEndpointThatKeepsItsNameWhenItsAddressChanges() {
    resolver.know("a.example.com", "10.0.0.2", "10.0.0.1");
    serve(dns("LOGICAL_DNS", "a.example.com"));
    List<Endpoint> before = endpoints();
    assertThat(before).hasSize(1);
    assertThat(addresses()).containsExactly("10.0.0.2");

    resolver.know("a.example.com", "10.0.0.9");
    clock.advanceMillis(31_000);

    assertThat(endpoints()).isEqualTo(before);
    assertThat(addresses()).containsExactly("10.0.0.9");
    InetSocketAddress other = InetSocketAddress.createUnresolved("unknown.example", 1);
    assertThat(last().resolved(other)).isSameAs(other);
  }

  @Test
  void snapshot_waitsForTheFirstAnswer() {
    resolver.holds = true;
    resolver.know("a.example.com", "10.0.0.1");
    serve(dns("STRICT_DNS", "a.example.com"));
    assertThat(published).isEmpty();
    resolver.release();
    assertThat(addresses()).containsExactly("10.0.0.1");
  }

  @Test
  void unknownHost_leavesTheClusterEmpty_andIsAskedForAgain() {
    serve(dns("STRICT_DNS", "a.example.com"));
    assertThat(endpoints()).isEmpty();

    resolver.know("a.example.com", "10.0.0.1");
    clock.advanceMillis(1_000);
    assertThat(addresses()).containsExactly("10.0.0.1");
  }

  @Test
  void failure_keepsWhatWasKnown_andPausesGrow() {
    resolver.know("a.example.com", "10.0.0.1");
    serve(dns("STRICT_DNS", "a.example.com"));
    resolver.forget("a.example.com");
    clock.advanceMillis(30_000);
    resolver.asked.clear();
    int before = published.size();

    clock.advanceMillis(60_000);

    assertThat(addresses()).containsExactly("10.0.0.1");
    assertThat(published).hasSize(before);
    assertThat(resolver.asked).as("every 2 to 4 s in the end").hasSizeBetween(14, 35);
  }

  @Test
  @SuppressWarnings("deprecation") // what we and Istio send
  void failure_withoutARateOfItsOwn_isLikeAnyAnswer() {
    serve(dns("STRICT_DNS", "a.example.com").clearDnsFailureRefreshRate());
    clock.advanceMillis(300_000);
    assertThat(resolver.asked).as("every 15 to 30 s, to the end").hasSizeBetween(11, 21);
  }

  @Test
  void timeToLive_goesBeforeTheRefreshRateWhereItCounts() {
    resolver.know(Duration.ofSeconds(7), "a.example.com", "10.0.0.1");
    serve(Text.merge("respect_dns_ttl: true", dns("STRICT_DNS", "a.example.com")));
    clock.advanceMillis(6_999);
    assertThat(resolver.asked).hasSize(1);
    clock.advanceMillis(1);
    assertThat(resolver.asked).hasSize(2);
  }

  @Test
  void jitter_isAddedToThePause() {
    resolver.know("a.example.com", "10.0.0.1");
    serve(Text.merge("dns_jitter { seconds: 10 }", dns("STRICT_DNS", "a.example.com")));
    clock.advanceMillis(29_999);
    assertThat(resolver.asked).hasSize(1);
    clock.advanceMillis(10_001);
    assertThat(resolver.asked).hasSize(2);
  }

  @Test
  void hostNobodyNeedsAnyMore_isNotLookedUp() {
    resolver.know("a.example.com", "10.0.0.1");
    serve(dns("STRICT_DNS", "a.example.com"));
    transport.send(ResourceKind.CLUSTER, Protos.cluster(CLUSTER));
    resolver.asked.clear();
    clock.advanceMillis(120_000);
    assertThat(resolver.asked).isEmpty();
  }

  @Test
  void manyHosts_areNotAskedForAtOnce() {
    resolver.holds = true;
    String[] hosts = new String[40];
    for (int i = 0; i < hosts.length; i++) {
      hosts[i] = "h" + i + ".example.com";
      resolver.know(hosts[i], "10.0.0." + i);
    }
    serve(dns("STRICT_DNS", hosts));
    assertThat(resolver.waiting()).isEqualTo(16);
    resolver.release();
    assertThat(addresses()).hasSize(40);
  }

  @Test
  void hostThatIsNotAnswered_failsInTime_andHoldsNobodyUp() {
    resolver.holds = true;
    String[] hosts = new String[20];
    for (int i = 0; i < hosts.length; i++) {
      hosts[i] = "h" + i + ".example.com";
      resolver.know(hosts[i], "10.0.0." + i);
    }
    serve(dns("STRICT_DNS", hosts));
    assertThat(resolver.waiting()).isEqualTo(16);
    clock.advanceMillis(5_000);
    assertThat(resolver.waiting()).as("the others had their turn").isEqualTo(20);
    clock.advanceMillis(5_000);
    assertThat(endpoints()).isEmpty();
    clock.advanceMillis(60_000);
    assertThat(resolver.asked).as("nobody is asked for twice").hasSize(20);
    resolver.release();
    clock.advanceMillis(5_000);
    assertThat(addresses()).hasSize(20);
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, 0:0:0:0:0:0:0:1",
    "V4_ONLY, 127.0.0.1",
    "V6_ONLY, 0:0:0:0:0:0:0:1",
    "V4_PREFERRED, 127.0.0.1",
    "ALL, 0:0:0:0:0:0:0:1 127.0.0.1"
  })
  void family_decidesWhichAddressesCount(String family, String expected) {
    resolver.know("a.example.com", "127.0.0.1", "::1");
    serve(Text.merge("dns_lookup_family: " + family, dns("STRICT_DNS", "a.example.com")));
    assertThat(addresses()).containsExactlyInAnyOrder(expected.split(" "));
  }

  @Test
  void extension_meansTheSame() {
    resolver.know("a.example.com", "10.0.0.1", "10.0.0.2");
    Cluster.Builder cluster = dns("STRICT_DNS", "a.example.com");
    cluster
        .getClusterTypeBuilder()
        .setName("envoy.clusters.dns")
        .setTypedConfig(Any.pack(DnsCluster.getDefaultInstance()));
    serve(cluster);
    assertThat(addresses()).containsExactly("10.0.0.1", "10.0.0.2");
  }

  @ParameterizedTest
  @CsvSource({
    "LOGICAL_DNS, '', must have one endpoint",
    "STRICT_DNS, dns_refresh_rate { seconds: -9 }, is negative",
    "STRICT_DNS, dns_failure_refresh_rate { base_interval { seconds: 9 } }, is shorter than",
    "STRICT_DNS, dns_jitter { seconds: -1 }, is negative"
  })
  void badResource_isRejected(String type, String more, String why) {
    Cluster cluster = Text.merge(more, dns(type, "a.example.com", "b.example.com")).build();
    assertThatThrownBy(() -> ResourceKind.CLUSTER.decode(cluster, KnownFilters.NONE))
        .isInstanceOf(Rejection.class)
        .hasMessageContaining(why);
  }
}
