package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import com.google.protobuf.TypeRegistry;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.config.listener.v3.FilterChain;
import io.envoyproxy.envoy.config.listener.v3.FilterChainMatch;
import io.envoyproxy.envoy.config.listener.v3.Listener;
import io.envoyproxy.envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.inmesh.model.SanMatch;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TlsDecoderTest {
  private static final String OWN =
      "common_tls_context { tls_certificate_provider_instance { instance_name: 'default' } %s }";
  private static final String CART = "spiffe://cluster.local/ns/shop/sa/cart";

  private static TransportSocket upstream(String text) throws TextFormat.ParseException {
    UpstreamTlsContext.Builder context = UpstreamTlsContext.newBuilder();
    TextFormat.merge(text, context);
    return socket(context.build());
  }

  private static TransportSocket socket(Message context) {
    return TransportSocket.newBuilder().setName("tls").setTypedConfig(Any.pack(context)).build();
  }

  /** Of nobody, valid for a century. */
  private static final String PEM =
      """
      -----BEGIN CERTIFICATE-----
      MIIBdTCCARugAwIBAgIUVtp7pSGF96F5FiVcq/PjVNEgVWMwCgYIKoZIzj0EAwIw
      DzENMAsGA1UEAwwEdGVzdDAgFw0yNjExMjcwMDA2NTFaGA8yMTI2MTEwMzAwMDY1
      MVowDzENMAsGA1UEAwwEdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABAo6
      qRwkq8X3QgH8pYIV73Hbs0XWrOY1cCNf+MM+pNk+LXvnjmon9UgmRkVFWsjPLFkL
      ByJjysXvW1tG0DOcfoKjUzBRMB0GA1UdDgQWBBTaltXBt+2zlJ0fLCWmYQiiFNAJ
      hTAfBgNVHSMEGDAWgBTaltXBt+2zlJ0fLCWmYQiiFNAJhTAPBgNVHRMBAf8EBTAD
      AQH/MAoGCCqGSM49BAMCA0gAMEUCIHfa/+7I7W84+lT4mZm7ySqk2dOzwQgLaAaT
      AYafiN6FAiEApm5pWKqg7fLc6MN80TDbH9nJ07hnUxYg9nb2U52yD7M=
      -----END CERTIFICATE-----
      """;

  private static ClusterResource decode(Cluster cluster) throws Rejection {
    return ClusterDecoder.decode(cluster, new Decoding(new KnownFilters(Set.of())));
  }

  private static Cluster cluster(String text) throws TextFormat.ParseException {
    return Protos.cluster("c").toBuilder().setTransportSocket(upstream(text)).build();
  }

  @ParameterizedTest
  @CsvSource({
    "validation_context { match_typed_subject_alt_names { san_type: URI matcher { exact: '%s' } }"
        + " }",
    "validation_context { match_subject_alt_names { exact: '%s' } }",
    "combined_validation_context { default_validation_context { match_subject_alt_names { exact:"
        + " '%s' } } validation_context_sds_secret_config { name: 'ROOTCA' } }"
  })
  void upstream_ownCertificate_isAMeshPeerWithItsNames(String validation) throws Exception {
    assertThat(decode(cluster(OWN.formatted(validation.formatted(CART)))).tls())
        .isEqualTo(
            new TlsPolicy(
                TlsPolicy.Mode.MESH, List.of(new StringMatch.Exact(CART, false)), null, null));
  }

  @Test
  void upstream_withoutOwnCertificate_isOutside() throws Exception {
    assertThat(
            decode(
                    cluster(
                        "sni: 'example.com' common_tls_context { validation_context {"
                            + " system_root_certs {} } }"))
                .tls())
        .isEqualTo(new TlsPolicy(TlsPolicy.Mode.EXTERNAL, List.of(), "example.com", null));
    assertThat(
            decode(
                    cluster(
                        "common_tls_context { validation_context { trusted_ca { inline_string:"
                            + " '"
                            + PEM.replace("\n", "\\n")
                            + "' } match_typed_subject_alt_names { san_type: DNS matcher { exact:"
                            + " 'a.example' } } } }"))
                .tls())
        .isEqualTo(
            new TlsPolicy(
                TlsPolicy.Mode.EXTERNAL,
                List.of(),
                Map.of(),
                List.of(new SanMatch(SanMatch.Type.DNS, new StringMatch.Exact("a.example", false))),
                null,
                PEM,
                null,
                TlsParameters.DEFAULT));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "validation_context { trusted_ca { filename: '/etc/passwd' } }|filename",
        "validation_context { trusted_ca { inline_string: 'none' } }|trusted_ca",
        "validation_context { trusted_ca { environment_variable: 'HOME' } }|environment_variable",
        "tls_certificates { private_key { filename: '/key' } }|tls_certificates",
        "validation_context { verify_certificate_hash: 'a' }|verify_certificate_hash",
        "validation_context { crl { inline_string: 'a' } }|crl",
        "validation_context { trust_chain_verification: ACCEPT_UNTRUSTED"
            + " }|trust_chain_verification",
        "tls_params { signature_algorithms: 'a' }|signature_algorithms",
        "custom_handshaker { name: 'x' }|custom_handshaker"
      })
  void upstream_hostFilesOrOtherTrust_isRejected(String field, String named) throws Exception {
    assertThat(Rejections.of(ResourceKind.CLUSTER, cluster("common_tls_context { " + field + " }")))
        .startsWith("transport_socket.typed_config.common_tls_context.")
        .contains(named);
  }

  @Test
  void transportSocketMatches_decideByEndpoint() throws Exception {
    Cluster.Builder cluster = Protos.cluster("c").toBuilder();
    TextFormat.merge(
        "transport_socket_matches { name: 'a' match { fields { key: 'tlsMode' value {"
            + " string_value: 'istio' } } } }"
            + "transport_socket_matches { name: 'b' match {} }",
        cluster);
    cluster.getTransportSocketMatchesBuilder(0).setTransportSocket(upstream(OWN.formatted("")));
    cluster
        .getTransportSocketMatchesBuilder(1)
        .setTransportSocket(socket(RawBuffer.getDefaultInstance()));
    ClusterResource decoded = decode(cluster.build());
    assertThat(decoded.tls()).isNotNull();
    assertThat(decoded.tlsMatches())
        .extracting(match -> match.labels().toString(), TlsMatch::secured)
        .startsWith(
            org.assertj.core.groups.Tuple.tuple("{tlsMode=istio}", true),
            org.assertj.core.groups.Tuple.tuple("{}", false));
  }

  private static FilterChain.Builder secured(String more) throws TextFormat.ParseException {
    DownstreamTlsContext.Builder context = DownstreamTlsContext.newBuilder();
    TextFormat.merge(OWN.formatted("") + more, context);
    return Protos.serverListener(80).getFilterChains(0).toBuilder()
        .setTransportSocket(socket(context.build()));
  }

  private static FilterChain matching(FilterChain.Builder chain, String transport) {
    return chain
        .setFilterChainMatch(FilterChainMatch.newBuilder().setTransportProtocol(transport))
        .build();
  }

  private static Listener listener(FilterChain... chains) {
    return Protos.serverListener(80).toBuilder()
        .clearFilterChains()
        .addAllFilterChains(List.of(chains))
        .build();
  }

  private static ServerTlsPolicy.Mode mode(Listener listener) throws Rejection {
    return ListenerDecoder.decode(listener, new Decoding(new KnownFilters(Set.of()))).tls().mode();
  }

  /**
   * As Istio and our control server send a credentialName: a name, and never what it stands for.
   */
  @ParameterizedTest
  @CsvSource({
    "validation_context { system_root_certs {} }",
    "combined_validation_context { default_validation_context {}"
        + " validation_context_sds_secret_config { name: 'kubernetes://partner-cacert' } }"
  })
  void credential_isAName_ofSomethingOutside(String roots) throws Exception {
    TlsPolicy policy =
        decode(
                cluster(
                    "common_tls_context { tls_certificate_sds_secret_configs { name:"
                        + " 'kubernetes://partner' } "
                        + roots
                        + " }"))
            .tls();
    assertThat(policy)
        .isEqualTo(
            new TlsPolicy(
                TlsPolicy.Mode.EXTERNAL,
                List.of(),
                Map.of(),
                List.of(),
                null,
                null,
                "partner",
                TlsParameters.DEFAULT));
  }

  private static String spiffe(String config) {
    return "validation_context { custom_validator_config { name: 'spiffe' typed_config {"
        + " [type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig]"
        + " { "
        + config
        + " } } } }";
  }

  private static final String DOMAIN =
      "trust_domains { name: 'partner.example' trust_bundle { inline_string: '"
          + PEM.replace("\n", "\\n")
          + "' } }";

  private static Cluster spiffeCluster(String config) throws TextFormat.ParseException {
    UpstreamTlsContext.Builder context = UpstreamTlsContext.newBuilder();
    TextFormat.Parser.newBuilder()
        .setTypeRegistry(
            TypeRegistry.newBuilder().add(SPIFFECertValidatorConfig.getDescriptor()).build())
        .build()
        .merge(OWN.formatted(spiffe(config)), context);
    return Protos.cluster("c").toBuilder().setTransportSocket(socket(context.build())).build();
  }

  @Test
  void spiffeValidator_saysWhoVouchesForWhom() throws Exception {
    TlsPolicy policy = decode(spiffeCluster(DOMAIN)).tls();
    assertThat(policy).isNotNull();
    assertThat(policy.mode()).isEqualTo(TlsPolicy.Mode.MESH);
    assertThat(policy.bundles()).isEqualTo(Map.of("partner.example", PEM));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "trust_domains { name: 'a' }",
        "trust_domains { name: 'a' trust_bundle { inline_string: 'none' } }",
        "trust_domains { name: 'a' trust_bundle { filename: '/roots' } }"
      })
  void spiffeValidator_withoutRoots_isRejected(String config) throws Exception {
    assertThat(Rejections.of(ResourceKind.CLUSTER, spiffeCluster(config)))
        .contains("custom_validator_config");
  }

  @Test
  void parameters_areReadOnBothSides() throws Exception {
    String newest = "tls_params { tls_minimum_protocol_version: TLSv1_3 }";
    assertThat(decode(cluster(OWN.formatted(newest))).tls())
        .extracting(policy -> policy.parameters().protocols())
        .isEqualTo(List.of("TLSv1.3"));
    FilterChain chain =
        secured("require_client_certificate { value: true } common_tls_context { " + newest + " }")
            .build();
    assertThat(
            ListenerDecoder.decode(listener(chain), new Decoding(new KnownFilters(Set.of())))
                .tls()
                .parameters()
                .protocols())
        .containsExactly("TLSv1.3");
  }

  @Test
  void server_modes_followTheChains() throws Exception {
    String certificate = "require_client_certificate { value: true }";
    FilterChain.Builder plain = Protos.serverListener(80).getFilterChains(0).toBuilder();
    assertThat(mode(listener(plain.build()))).isEqualTo(ServerTlsPolicy.Mode.DISABLE);
    assertThat(mode(listener(secured(certificate).build()))).isEqualTo(ServerTlsPolicy.Mode.STRICT);
    assertThat(
            mode(
                listener(
                    matching(secured(certificate), "tls"), matching(plain.clone(), "raw_buffer"))))
        .isEqualTo(ServerTlsPolicy.Mode.PERMISSIVE);
  }

  @Test
  void server_withoutClientCertificates_isRejected() throws Exception {
    assertThat(Rejections.of(ResourceKind.LISTENER, listener(secured("").build())))
        .contains("require_client_certificate")
        .contains("mutual TLS only");
  }

  @Test
  void server_oneSidedMatch_isRejected() throws Exception {
    assertThat(
            Rejections.of(
                ResourceKind.LISTENER,
                listener(
                    matching(
                        Protos.serverListener(80).getFilterChains(0).toBuilder(), "raw_buffer"))))
        .contains("transport_protocol");
  }
}
