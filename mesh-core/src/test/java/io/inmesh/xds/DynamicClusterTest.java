package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.extensions.clusters.dynamic_forward_proxy.v3.ClusterConfig;
import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.CalledHost;
import io.inmesh.model.Egress;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.model.TlsPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** RT-19: clusters whose hosts are those that calls name, on virtual time. */
class DynamicClusterTest {
  private static final String WILDCARD = "outbound|443||*.example.com";
  private static final CalledHost A = new CalledHost(WILDCARD, "a.example.com", 443, true);
  private static final CalledHost PASSED =
      new CalledHost(Egress.PASSTHROUGH, "elsewhere.example", 80, false);

  private final ManualClock clock = new ManualClock();
  private final FakeTransport transport = new FakeTransport(clock);
  private final FakeResolver resolver = new FakeResolver();
  private final List<MeshSnapshot> published = new ArrayList<>();
  private final SnapshotAssembler assembler = assembler(false);

  private SnapshotAssembler assembler(boolean loopback) {
    return new SnapshotAssembler(
        transport,
        SnapshotAssemblerTest.NODE,
        clock,
        resolver,
        loopback,
        Randomness.SYSTEM,
        published::add,
        () -> {});
  }

  private void serve(SnapshotAssembler to) {
    clock.execute(() -> to.want(Egress.LISTENER));
    transport.send(ResourceKind.LISTENER, Protos.listener(Egress.LISTENER));
    transport.send(ResourceKind.ROUTES, Protos.routes(Egress.LISTENER, WILDCARD));
    Cluster.Builder cluster =
        Text.merge("lb_policy: CLUSTER_PROVIDED", Cluster.newBuilder().setName(WILDCARD));
    cluster
        .getClusterTypeBuilder()
        .setName("envoy.clusters.dynamic_forward_proxy")
        .setTypedConfig(
            Any.pack(
                Text.merge(
                        "dns_cache_config { name: 'any' dns_lookup_family: V4_PREFERRED }",
                        ClusterConfig.newBuilder())
                    .build()));
    transport.send(ResourceKind.CLUSTER, cluster.build());
  }

  private void call(CalledHost host) {
    clock.execute(() -> assembler.want(host));
  }

  private boolean known(CalledHost host) {
    return published.get(published.size() - 1).clusters().containsKey(host.clusterName());
  }

  private io.inmesh.model.Cluster cluster(CalledHost host) {
    return Objects.requireNonNull(
        published.get(published.size() - 1).clusters().get(host.clusterName()));
  }

  private List<Endpoint> endpoints(CalledHost host) {
    return cluster(host).localities().stream().flatMap(each -> each.endpoints().stream()).toList();
  }

  @Test
  void host_getsAClusterLikeTheDynamicOne() {
    serve(assembler);
    assertThat(published.get(0).clusters().values())
        .extracting(io.inmesh.model.Cluster::dynamic)
        .containsExactly(true);
    resolver.know("a.example.com", "203.0.113.7");
    call(A);
    assertThat(endpoints(A)).hasSize(1);
    assertThat(published.get(1).resolved(endpoints(A).get(0).address()).getAddress())
        .hasToString("/203.0.113.7");
    assertThat(cluster(A).service()).isEqualTo("*.example.com");
    assertThat(cluster(A).tls())
        .isEqualTo(new TlsPolicy(TlsPolicy.Mode.EXTERNAL, List.of(), "a.example.com", null));
  }

  @Test
  void host_isThereOnceItIsKnownWhereItIs() {
    serve(assembler);
    resolver.holds = true;
    resolver.know("a.example.com", "203.0.113.7");
    call(A);
    assertThat(known(A)).isFalse();
    resolver.release();
    assertThat(endpoints(A)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "169.254.169.254", "0.0.0.0", "fe80::1", "::1"})
  void host_thatLeadsToLocalAddresses_hasNoEndpoint(String address) {
    serve(assembler);
    resolver.know("a.example.com", address);
    call(A);
    assertThat(endpoints(A)).isEmpty();
  }

  @Test
  void host_onThisMachine_isAllowedForDevelopment() {
    SnapshotAssembler development = assembler(true);
    serve(development);
    resolver.know("a.example.com", "127.0.0.1");
    clock.execute(() -> development.want(A));
    assertThat(endpoints(A)).hasSize(1);
  }

  @Test
  void host_nobodyCalls_isForgotten() {
    serve(assembler);
    resolver.know("a.example.com", "203.0.113.7");
    call(A);
    clock.advanceMillis(240_000);
    call(A);
    clock.advanceMillis(240_000);
    assertThat(known(A)).isTrue();
    clock.advanceMillis(400_000);
    assertThat(known(A)).isFalse();
    resolver.asked.clear();
    clock.advanceMillis(120_000);
    assertThat(resolver.asked).isEmpty();
  }

  @Test
  void hosts_areBounded_theNewestStay() {
    serve(assembler);
    for (int i = 0; i <= CalledHosts.MAX; i++) {
      String name = "h" + i + ".example.com";
      resolver.know(name, "203.0.113.7");
      call(new CalledHost(WILDCARD, name, 443, true));
    }
    MeshSnapshot last = published.get(published.size() - 1);
    assertThat(last.clusters()).hasSize(CalledHosts.MAX + 1);
    assertThat(known(new CalledHost(WILDCARD, "h0.example.com", 443, true))).isFalse();
  }

  @Test
  void host_goesWithTheClusterItIsLike() {
    serve(assembler);
    resolver.know("a.example.com", "203.0.113.7");
    call(A);
    transport.send(ResourceKind.ROUTES, Protos.routes(Egress.LISTENER, "other"));
    transport.send(ResourceKind.CLUSTER, Protos.cluster("other"));
    transport.send(ResourceKind.ENDPOINTS, Protos.endpoints("other"));
    assertThat(known(A)).isFalse();
  }

  @Test
  void passThrough_needsNoControlServer_andIsNotGuarded() {
    resolver.know("elsewhere.example", "127.0.0.1");
    call(PASSED);
    assertThat(endpoints(PASSED)).hasSize(1);
    assertThat(cluster(PASSED).service()).isEqualTo(Egress.PASSTHROUGH);
    assertThat(cluster(PASSED).tls()).isNull();
  }

  @Test
  void passThrough_ofAnAddress_asksNobody() {
    CalledHost literal = new CalledHost(Egress.PASSTHROUGH, "::1", 90, false);
    call(literal);
    assertThat(endpoints(literal).get(0).address().getPort()).isEqualTo(90);
    assertThat(resolver.asked).isEmpty();
  }

  @Test
  void originalDestination_isDynamic() throws Rejection {
    Cluster cluster =
        Text.merge(
                "type: ORIGINAL_DST lb_policy: CLUSTER_PROVIDED",
                Cluster.newBuilder().setName(Egress.PASSTHROUGH))
            .build();
    assertThat(ResourceKind.CLUSTER.decode(cluster, KnownFilters.NONE).value().endpoints())
        .isInstanceOf(ClusterResource.Source.Dynamic.class);
  }
}
