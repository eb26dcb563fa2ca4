package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.UInt64Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.cluster.v3.LoadBalancingPolicy;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig;
import io.envoyproxy.envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest;
import io.envoyproxy.envoy.extensions.load_balancing_policies.ring_hash.v3.RingHash;
import io.envoyproxy.envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin;
import io.envoyproxy.envoy.extensions.load_balancing_policies.wrr_locality.v3.WrrLocality;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.BalancerPolicy.Algorithm;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster.Protocol;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.FailureAccrual;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.OutlierPolicy;
import io.inmesh.model.StatusRange;
import io.inmesh.model.ZoneAware;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ClusterDecoderTest {
  private static final String OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

  private static ClusterResource decode(Cluster cluster) throws Rejection {
    return ResourceKind.CLUSTER.decode(cluster, KnownFilters.NONE).value();
  }

  private static Cluster.Builder with(String text) {
    return Text.merge(text, Protos.cluster("c").toBuilder());
  }

  private static Cluster balanced(com.google.protobuf.Message... policies) {
    LoadBalancingPolicy.Builder list = LoadBalancingPolicy.newBuilder();
    for (com.google.protobuf.Message policy : policies) {
      list.addPolicies(policy(policy));
    }
    return Protos.cluster("c").toBuilder().setLoadBalancingPolicy(list).build();
  }

  private static LoadBalancingPolicy.Policy policy(com.google.protobuf.Message policy) {
    return LoadBalancingPolicy.Policy.newBuilder()
        .setTypedExtensionConfig(
            TypedExtensionConfig.newBuilder().setName("p").setTypedConfig(Any.pack(policy)))
        .build();
  }

  @Test
  void defaults_areWhatIstioWouldHaveSent() throws Rejection {
    ClusterResource cluster = decode(Protos.cluster("outbound|80||a.b.svc.cluster.local"));
    assertThat(cluster.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(cluster.breakers()).isEqualTo(CircuitBreakers.NONE);
    assertThat(cluster.outliers()).isNull();
    assertThat(cluster.tls()).isNull();
    assertThat(cluster.protocol()).isEqualTo(Protocol.HTTP1);
    assertThat(cluster.balancer())
        .isEqualTo(new BalancerPolicy(new Algorithm.RoundRobin(), false, 50, null));
    assertThat(cluster.endpoints())
        .isEqualTo(new ClusterResource.Source.Eds("outbound|80||a.b.svc.cluster.local"));
  }

  @Test
  void edsServiceName_isUsedWhereItIsSet() throws Rejection {
    assertThat(decode(with("eds_cluster_config { service_name: 'other' }").build()).endpoints())
        .isEqualTo(new ClusterResource.Source.Eds("other"));
  }

  @ParameterizedTest
  @CsvSource({
    "explicit_http_config { http2_protocol_options {} },HTTP2",
    "explicit_http_config { http_protocol_options {} },HTTP1",
    "auto_config {},AUTO",
    "use_downstream_protocol_config {},AUTO"
  })
  void protocol_comesFromTheProtocolOptions(String text, Protocol expected) throws Rejection {
    HttpProtocolOptions options = Text.merge(text, HttpProtocolOptions.newBuilder()).build();
    assertThat(
            decode(
                    Protos.cluster("c").toBuilder()
                        .putTypedExtensionProtocolOptions(OPTIONS, Any.pack(options))
                        .build())
                .protocol())
        .isEqualTo(expected);
  }

  @Test
  void deprecatedHttp2Options_meanHttp2() throws Rejection {
    assertThat(decode(with("http2_protocol_options {}").build()).protocol())
        .isEqualTo(Protocol.HTTP2);
  }

  static Stream<Arguments> oldPolicies() {
    return Stream.of(
        Arguments.of("lb_policy: LEAST_REQUEST", new Algorithm.LeastRequest(2, 1.0)),
        Arguments.of(
            "lb_policy: LEAST_REQUEST least_request_lb_config { choice_count { value: 4 }"
                + " active_request_bias { default_value: 0.5 } }",
            new Algorithm.LeastRequest(4, 0.5)),
        Arguments.of("lb_policy: RANDOM", new Algorithm.Random()),
        Arguments.of("lb_policy: RING_HASH", new Algorithm.RingHash(1024, 8 << 20)),
        Arguments.of(
            "lb_policy: RING_HASH ring_hash_lb_config { minimum_ring_size { value: 5 }"
                + " maximum_ring_size { value: 9 } }",
            new Algorithm.RingHash(5, 9)),
        Arguments.of(
            "lb_policy: RING_HASH common_lb_config { consistent_hashing_lb_config {"
                + " hash_balance_factor { value: 150 } } }",
            new Algorithm.RingHash(1024, 8 << 20, 150)),
        Arguments.of("lb_policy: MAGLEV", new Algorithm.Maglev(65_537)),
        Arguments.of(
            "lb_policy: MAGLEV maglev_lb_config { table_size { value: 7 } }",
            new Algorithm.Maglev(7)));
  }

  @ParameterizedTest
  @MethodSource("oldPolicies")
  void oldBalancerFields_areRead(String text, Algorithm expected) throws Rejection {
    assertThat(decode(with(text).build()).balancer().algorithm()).isEqualTo(expected);
  }

  @Test
  void zoneAware_isThatOfTheBalancer_orOfTheCluster() throws Rejection {
    String common =
        "common_lb_config { zone_aware_lb_config { routing_enabled { value: 30 }"
            + " fail_traffic_on_panic: true } }";
    assertThat(decode(with(common).build()).balancer().zoneAware())
        .isEqualTo(new ZoneAware(30, 6, true, false, null));
    Cluster own =
        balanced(
            LeastRequest.newBuilder()
                .setLocalityLbConfig(
                    LocalityLbConfig.newBuilder()
                        .setZoneAwareLbConfig(
                            LocalityLbConfig.ZoneAwareLbConfig.newBuilder()
                                .setMinClusterSize(UInt64Value.of(3))
                                .setForceLocalityDirectRouting(true)))
                .build());
    assertThat(decode(own).balancer().zoneAware())
        .isEqualTo(new ZoneAware(100, 3, false, true, null));
    assertThat(
            Rejections.of(
                ResourceKind.CLUSTER, with(common.replace("value: 30", "value: 101")).build()))
        .contains("zone_aware_lb_config.routing_enabled");
  }

  @Test
  void firstKnownPolicyOfTheList_wins() throws Rejection {
    assertThat(
            decode(
                    balanced(
                        com.google.protobuf.Duration.getDefaultInstance(),
                        LeastRequest.newBuilder()
                            .setLocalityLbConfig(
                                LocalityLbConfig.newBuilder()
                                    .setLocalityWeightedLbConfig(
                                        LocalityLbConfig.LocalityWeightedLbConfig
                                            .getDefaultInstance()))
                            .build(),
                        RoundRobin.getDefaultInstance()))
                .balancer())
        .isEqualTo(new BalancerPolicy(new Algorithm.LeastRequest(2, 1.0), true, 50, null));
    assertThat(
            Rejections.of(
                ResourceKind.CLUSTER, balanced(com.google.protobuf.Duration.getDefaultInstance())))
        .isEqualTo("load_balancing_policy.policies: holds no policy that this version knows");
  }

  @Test
  void wrrLocality_weighsLocalitiesAroundItsChild() throws Rejection {
    BalancerPolicy balancer =
        decode(
                balanced(
                    WrrLocality.newBuilder()
                        .setEndpointPickingPolicy(
                            LoadBalancingPolicy.newBuilder()
                                .addPolicies(policy(RingHash.getDefaultInstance())))
                        .build()))
            .balancer();
    assertThat(balancer.localityWeighted()).isTrue();
    assertThat(balancer.algorithm()).isEqualTo(new Algorithm.RingHash(1024, 8 << 20));
  }

  @Test
  void panicAndSlowStart_areRead() throws Rejection {
    BalancerPolicy balancer =
        decode(
                with("""
                common_lb_config { healthy_panic_threshold { value: 0 } locality_weighted_lb_config {} }
                round_robin_lb_config { slow_start_config { slow_start_window { seconds: 30 } } }
                """)
                    .build())
            .balancer();
    assertThat(balancer.panicPercent()).isZero();
    assertThat(balancer.localityWeighted()).isTrue();
    assertThat(balancer.slowStart())
        .isEqualTo(new BalancerPolicy.SlowStart(Duration.ofSeconds(30), 1.0, 10));
  }

  @Test
  void breakers_unsetThresholdsAreUnlimited() throws Rejection {
    CircuitBreakers breakers =
        decode(
                with("""
                circuit_breakers {
                  thresholds { max_requests { value: 10 } retry_budget {} }
                  thresholds { priority: HIGH max_connections { value: 4294967295 } max_retries { value: 0 } }
                  thresholds { max_requests { value: 99 } }
                }
                """)
                    .build())
            .breakers();
    assertThat(breakers.standard())
        .isEqualTo(
            new CircuitBreakers.Limits(
                Integer.MAX_VALUE,
                Integer.MAX_VALUE,
                10,
                Integer.MAX_VALUE,
                new CircuitBreakers.Budget(20, 3)));
    assertThat(breakers.high().maxConnections()).isEqualTo(Integer.MAX_VALUE);
    assertThat(breakers.high().maxRetries()).isZero();
  }

  @Test
  void outlierDefaults_areEnvoys_andZeroIsZero() throws Rejection {
    OutlierPolicy unset =
        Objects.requireNonNull(decode(with("outlier_detection {}").build()).outliers());
    assertThat(unset)
        .isEqualTo(
            new OutlierPolicy(
                5,
                100,
                5,
                0,
                false,
                5,
                100,
                100,
                100,
                5,
                100,
                1900,
                0,
                85,
                5,
                50,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(300),
                Duration.ZERO,
                10,
                false,
                0,
                true,
                List.of(),
                false));
    OutlierPolicy zero =
        Objects.requireNonNull(
            decode(
                    with("""
                    outlier_detection {
                      enforcing_success_rate {} max_ejection_percent { value: 100 }
                      base_ejection_time { seconds: 400 }
                    }
                    """)
                        .build())
                .outliers());
    assertThat(zero.enforcingSuccessRate()).isZero();
    assertThat(zero.maxEjectionPercent()).isEqualTo(100);
    assertThat(zero.maxEjectionTime()).isEqualTo(Duration.ofSeconds(400));
  }

  @Test
  void dnsCluster_keepsNamesUnresolved() throws Rejection {
    ClusterResource cluster =
        decode(
            Cluster.newBuilder()
                .setName("c")
                .setType(Cluster.DiscoveryType.STRICT_DNS)
                .setLoadAssignment(
                    io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment.newBuilder()
                        .addEndpoints(
                            io.envoyproxy.envoy.config.endpoint.v3.LocalityLbEndpoints.newBuilder()
                                .addLbEndpoints(Protos.endpoint("db.example", 5432))))
                .build());
    assertThat(((ClusterResource.Source.Dns) cluster.endpoints()).endpoints().localities())
        .singleElement()
        .satisfies(
            locality -> {
              assertThat(locality.endpoints().get(0).address().isUnresolved()).isTrue();
              assertThat(locality.endpoints().get(0).address().getHostString())
                  .isEqualTo("db.example");
            });
  }

  @Test
  void securedTransport_isNeverMistakenForPlaintext() throws Rejection {
    assertThat(
            Rejections.of(
                ResourceKind.CLUSTER,
                Protos.cluster("c").toBuilder()
                    .setTransportSocket(
                        TransportSocket.newBuilder()
                            .setName("envoy.transport_sockets.tls")
                            .setTypedConfig(Any.pack(UpstreamTlsContext.getDefaultInstance())))
                    .build()))
        .isEqualTo(
            "transport_socket.typed_config.common_tls_context: names no roots: the peer would not"
                + " be verified");
    assertThat(
            decode(
                    Protos.cluster("c").toBuilder()
                        .setTransportSocket(
                            TransportSocket.newBuilder()
                                .setName("envoy.transport_sockets.raw_buffer")
                                .setTypedConfig(Any.pack(RawBuffer.getDefaultInstance())))
                        .build())
                .tls())
        .isNull();
  }

  private static String own(String endpoints) {
    return "typed_extension_protocol_options { key: 'inmesh.endpoints' value {"
        + " [type.googleapis.com/inmesh.cluster.v1.Endpoints] {"
        + endpoints
        + " } } }";
  }

  static Stream<Arguments> rejected() {
    return Stream.of(
        Arguments.of("connect_timeout {}", "connect_timeout: must be longer than zero"),
        Arguments.of("cluster_type { name: 'x' }", "cluster_type: 'x' is not supported"),
        Arguments.of(
            "eds_cluster_config { eds_config { path_config_source { path: '/etc' } } }",
            "eds_cluster_config.eds_config.path_config_source: is not supported, and leaving it out"
                + " would change where requests go or who may send them"),
        Arguments.of(
            "type: EDS lb_policy: CLUSTER_PROVIDED", "lb_policy: is not supported with endpoints"),
        Arguments.of(
            "lb_policy: MAGLEV maglev_lb_config { table_size { value: 8 } }",
            "maglev_lb_config.table_size: must be a prime up to 5000011"),
        Arguments.of(
            "lb_policy: RING_HASH ring_hash_lb_config { minimum_ring_size { value: 8388609 } }",
            "ring_hash_lb_config.minimum_ring_size: must be at most 8388608"),
        Arguments.of(
            "lb_policy: LEAST_REQUEST least_request_lb_config { choice_count { value: 1 } }",
            "least_request_lb_config.choice_count: must be at least 2"),
        Arguments.of(
            "common_lb_config { healthy_panic_threshold { value: nan } }",
            "common_lb_config.healthy_panic_threshold: must be from 0 to 100"),
        Arguments.of(
            "outlier_detection { max_ejection_percent { value: 101 } }",
            "outlier_detection.max_ejection_percent: must be at most 100"),
        Arguments.of(
            own("failure_accrual { success_rate { threshold { value: 1.1 } } }"),
            "typed_extension_protocol_options[\"inmesh.endpoints\"].failure_accrual.success_rate"
                + ".threshold: must be more than 0 and at most 1"),
        Arguments.of(
            own("failure_accrual { success_rate { window {} } }"),
            "typed_extension_protocol_options[\"inmesh.endpoints\"].failure_accrual.success_rate"
                + ".window: must be longer than zero"),
        Arguments.of(
            "transport_socket_matches { name: 'a' }",
            "transport_socket_matches[0].transport_socket.typed_config: must be an"
                + " UpstreamTlsContext or a RawBuffer"));
  }

  @ParameterizedTest
  @MethodSource("rejected")
  void badCluster_isRejectedWithItsPath(String text, String expected) {
    assertThat(Rejections.of(ResourceKind.CLUSTER, with(text).build())).isEqualTo(expected);
  }

  @Test
  void whatHasNoEffect_isRemarkedOn() throws Rejection {
    assertThat(
            ResourceKind.CLUSTER
                .decode(
                    with("""
                    lrs_server { self {} }
                    health_checks {
                      timeout { seconds: 1 } interval { seconds: 10 }
                      http_health_check { path: "/healthz" send { text: "00" } }
                    }
                    """)
                        .build(),
                    KnownFilters.NONE)
                .remarks())
        .containsExactly(
            new Remark("health_checks[0].http_health_check.send", "is not supported, no effect"));
  }

  @Test
  void connections_healthChecks_andOurExtension_areDecoded() throws Rejection {
    ClusterResource cluster =
        decode(
            with("""
            health_checks {
              timeout { seconds: 1 } interval { seconds: 10 }
              unhealthy_threshold { value: 3 } healthy_threshold { value: 2 }
              http_health_check { path: "/healthz" expected_statuses { start: 200 end: 300 } }
            }
            upstream_connection_options { tcp_keepalive { keepalive_time { value: 60 } } }
            preconnect_policy {
              per_upstream_preconnect_ratio { value: 1.5 } predictive_preconnect_ratio { value: 2 }
            }
            outlier_detection {}
            typed_extension_protocol_options {
              key: "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
              value {
                [type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions] {
                  common_http_protocol_options {
                    idle_timeout { seconds: 300 } max_requests_per_connection { value: 9 }
                  }
                  explicit_http_config {
                    http2_protocol_options {
                      max_concurrent_streams { value: 10 }
                      connection_keepalive { interval { seconds: 30 } timeout { seconds: 5 } }
                    }
                  }
                }
              }
            }
            typed_extension_protocol_options {
              key: "inmesh.endpoints"
              value {
                [type.googleapis.com/inmesh.cluster.v1.Endpoints] {
                  subset_size: 20
                  failure_accrual {
                    jitter_ratio: 0.5 success_rate { threshold { value: 0.9 } } honor_retry_after: true
                  }
                  outlier_errors { first: 429 last: 429 }
                  detect_degraded_hosts: true
                }
              }
            }
            load_balancing_policy {
              policies {
                typed_extension_config {
                  typed_config {
                    [type.googleapis.com/inmesh.cluster.v1.PeakEwma] { failure_penalty { seconds: 5 } }
                  }
                }
              }
            }
            """)
                .build());
    assertThat(cluster.healthCheck())
        .isEqualTo(
            new HealthCheck(
                new HealthCheck.Probe.Http(
                    "/healthz", "", List.of(new StatusRange(200, 299)), List.of(), false),
                Duration.ofSeconds(1),
                HealthCheck.Intervals.every(Duration.ofSeconds(10)),
                3,
                2));
    assertThat(cluster.connections())
        .isEqualTo(
            new ConnectionPolicy(
                Duration.ofMinutes(5),
                null,
                9,
                10,
                new ConnectionPolicy.TcpKeepAlive(0, Duration.ofMinutes(1), null),
                new ConnectionPolicy.Ping(Duration.ofSeconds(30), Duration.ofSeconds(5)),
                new ConnectionPolicy.Preconnect(1.5, 2)));
    assertThat(cluster.balancer().subsetSize()).isEqualTo(20);
    assertThat(cluster.balancer().algorithm())
        .isEqualTo(
            new Algorithm.PeakEwma(
                Duration.ofSeconds(10), Duration.ofMillis(30), Duration.ofSeconds(5)));
    assertThat(cluster.accrual())
        .isEqualTo(
            new FailureAccrual(
                7,
                Duration.ofSeconds(1),
                Duration.ofMinutes(1),
                0.5,
                new FailureAccrual.SuccessRate(0.9, Duration.ofSeconds(10), 5),
                true));
    assertThat(Objects.requireNonNull(cluster.outliers()).detectDegraded()).isTrue();
    assertThat(Objects.requireNonNull(cluster.outliers()).errors())
        .containsExactly(new StatusRange(429, 429));
  }
}
