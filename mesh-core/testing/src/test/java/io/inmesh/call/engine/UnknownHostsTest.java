package io.inmesh.call.engine;

import static io.inmesh.testing.FakeTransport.answer;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.CallOptions;
import io.inmesh.model.CalledHost;
import io.inmesh.model.ClientListener;
import io.inmesh.model.Cluster;
import io.inmesh.model.Egress;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.VirtualHost;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestRoute;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RT-19: hosts that no listener is named after. */
class UnknownHostsTest extends OrdersCalls {
  private static final String HOST = "api.example.com:8080";
  private static final String WILDCARD = "outbound|8080||*.example.com";
  private static final CalledHost PASSED =
      new CalledHost(Egress.PASSTHROUGH, "api.example.com", 8080, false);

  private void process(@Nullable EgressPolicy own) {
    mesh =
        new FakeMesh(
            new EngineSettings(
                "web",
                "default",
                "",
                EngineSettings.DOMAIN_SUFFIX,
                Set.of(),
                own,
                true,
                Duration.ofSeconds(1)),
            builder -> builder);
    transport = mesh.transport();
  }

  /** A configuration in which the host has no listener and unknown hosts lead to a cluster. */
  private static Snapshots unknownTo(String... domainsAndClusters) {
    RouteConfig config =
        new RouteConfig(
            Egress.LISTENER,
            IntStream.range(0, domainsAndClusters.length / 2)
                .mapToObj(
                    i ->
                        new VirtualHost(
                            domainsAndClusters[2 * i],
                            List.of(domainsAndClusters[2 * i]),
                            List.of(TestRoute.any().to(domainsAndClusters[2 * i + 1]).build()),
                            HeaderChanges.NONE,
                            Map.of(),
                            null,
                            List.of(),
                            true))
                .toList(),
            HeaderChanges.NONE,
            Map.of(),
            List.of());
    return Snapshots.builder()
        .absent(HOST)
        .listener(new ClientListener(Egress.LISTENER, config, List.of(), null))
        .cluster(cluster(Egress.PASSTHROUGH, Egress.PASSTHROUGH, List.of(), true))
        .cluster(cluster(WILDCARD, "*.example.com", List.of(), true))
        .cluster(cluster(Egress.BLACK_HOLE, Egress.BLACK_HOLE, List.of(), false));
  }

  private static Cluster cluster(
      String name, String service, List<LocalityEndpoints> localities, boolean dynamic) {
    Cluster plain = Snapshots.cluster(name, service, localities);
    return new Cluster(
        name,
        service,
        localities,
        plain.overprovisioning(),
        plain.drops(),
        plain.balancer(),
        plain.connectTimeout(),
        plain.protocol(),
        plain.breakers(),
        null,
        null,
        null,
        null,
        plain.connections(),
        dynamic);
  }

  private static Cluster of(CalledHost host) {
    return cluster(
        host.clusterName(),
        host.cluster(),
        Snapshots.local(
            new Endpoint(
                InetSocketAddress.createUnresolved(host.host(), host.port()),
                1,
                Endpoint.Health.HEALTHY,
                host.host(),
                Map.of())),
        false);
  }

  private void call() {
    mesh.start(FakeRequest.get(HOST, "/"), transport.script(answer(200)));
  }

  @ParameterizedTest
  @CsvSource({
    ", , false",
    ", BlackHoleCluster, false",
    ", PassthroughCluster, true",
    "REGISTRY_ONLY, , false",
    "REGISTRY_ONLY, BlackHoleCluster, false",
    "REGISTRY_ONLY, PassthroughCluster, false",
    "ALLOW_ANY, , true",
    "ALLOW_ANY, BlackHoleCluster, true",
    "ALLOW_ANY, PassthroughCluster, true",
  })
  void policy_ofTheProcess_goesBeforeThatOfTheMesh(
      @Nullable EgressPolicy own, @Nullable String said, boolean passes) {
    process(own);
    Snapshots known =
        said == null ? Snapshots.builder().absent(HOST, Egress.LISTENER) : unknownTo("*", said);
    mesh.update(known);
    call();
    if (passes) {
      assertThat(mesh.wantedHosts()).containsExactly(PASSED);
      mesh.update(known.cluster(of(PASSED)));
      assertThat(transport.delivered()).isNotNull();
    } else {
      assertThat(reason()).isEqualTo(Reason.EGRESS_DENIED);
      assertThat(FakeMesh.failure(transport))
          .hasMessageContaining("api.example.com")
          .hasMessageContaining(own == null ? "policy of the mesh" : "policy of this process");
    }
  }

  @Test
  void host_underADeclaredWildcard_isCalledUnderAnyPolicy() {
    process(EgressPolicy.REGISTRY_ONLY);
    CalledHost declared = new CalledHost(WILDCARD, "api.example.com", 8080, false);
    Snapshots known = unknownTo("*.example.com:8080", WILDCARD, "*", Egress.BLACK_HOLE);
    mesh.update(known.cluster(of(declared)));
    call();
    assertThat(transport.delivered()).isNotNull();
  }

  @Test
  void meshHeaders_stayInside() {
    process(EgressPolicy.ALLOW_ANY);
    mesh.update(Snapshots.builder().absent(HOST, Egress.LISTENER).cluster(of(PASSED)));
    FakeRequest request =
        FakeRequest.get(
            HOST,
            "/",
            "x-inmesh-timeout-ms",
            "1",
            "x-envoy-attempt-count",
            "2",
            "x-inmesh-first-sent",
            "5",
            "x-inmesh-anything",
            "secret",
            "x-forwarded-client-cert",
            "URI=spiffe://a/b");
    transport.script(
        attempt -> {
          attempt.decorate(request);
          answer(200).accept(attempt);
        });
    mesh.start(request, new CallOptions(1_000_000_000, true, RequestOptions.DEFAULT), transport);
    assertThat(transport.delivered()).isNotNull();
    assertThat(transport.attempt().endpoint().address().getHostString())
        .isEqualTo("api.example.com");
    assertThat(request.headers()).hasToString("[]");
  }

  @Test
  void meshName_neverLeavesTheMesh() {
    process(EgressPolicy.ALLOW_ANY);
    mesh.update(Snapshots.builder().absent("gone.default.svc.cluster.local:80"));
    mesh.start(FakeRequest.get("gone", "/"), transport);
    assertThat(reason()).isEqualTo(Reason.NO_SUCH_SERVICE);
    assertThat(mesh.wantedHosts()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "http, api.example.com, api.example.com, 80, false",
    "https, api.example.com, api.example.com, 443, true",
    "https, API.example.com.:8443, api.example.com, 8443, true",
    "http, 10.0.0.1, 10.0.0.1, 80, false",
    "http, [::1]:90, ::1, 90, false",
    "grpc, api.example.com, api.example.com, 80, false",
    "grpc, api.example.com:443, api.example.com, 443, true",
  })
  void host_isWhatTheCallNames(
      String scheme, String authority, String host, int port, boolean secure) {
    FakeRequest plain =
        scheme.equals("grpc")
            ? FakeRequest.grpc(authority, "/s.S/M")
            : FakeRequest.get(authority, "/");
    assertThat(UnknownHosts.called("c", scheme.equals("https") ? plain.overTls() : plain))
        .isEqualTo(new CalledHost("c", host, port, secure));
  }

  @Test
  void host_inUse_isSaidToBeOnceAMinute() {
    process(EgressPolicy.ALLOW_ANY);
    mesh.update(Snapshots.builder().absent(HOST, Egress.LISTENER).cluster(of(PASSED)));
    for (int second = 0; second < 125; second++) {
      transport = mesh.transport();
      call();
      mesh.clock().advanceMillis(1000);
    }
    assertThat(mesh.wantedHosts()).containsExactly(PASSED, PASSED);
  }
}
