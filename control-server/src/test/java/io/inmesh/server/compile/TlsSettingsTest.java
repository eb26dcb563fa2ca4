package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** From MeshDefaults' meshMTLS and tlsDefaults to the TLS contexts of each class of clients. */
class TlsSettingsTest {
  private static final String MESH =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{port: 80, targetPort: 8080, name: http}]}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: orders, namespace: shop}
      spec: {host: orders, trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}}
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: api, namespace: shop}
      spec:
        hosts: [api.example.com]
        resolution: DNS
        ports: [{number: 443, name: tls, protocol: HTTPS}]
      """;
  private static final String PEERS = "outbound|80||orders.shop.svc.cluster.local";
  private static final String OUTSIDE = "outbound|443||api.example.com";

  private static ConfigUpdate parse(String settings) {
    return ConfigLoader.parse(
        "mesh.yaml",
        MESH
            + """
            ---
            apiVersion: inmesh.io/v1alpha1
            kind: MeshDefaults
            metadata: {name: default}
            spec: {%s}
            """
                .formatted(settings));
  }

  private static Compiled compile(String settings) {
    ConfigUpdate update = parse(settings);
    assertThat(update.findings()).noneMatch(Finding::isError);
    MeshCompiler compiler = new MeshCompiler(true);
    compiler.configChanged(update.set());
    compiler.registryChanged(RegistrySnapshot.EMPTY, Set.of());
    return Compiled.of(compiler);
  }

  private static CommonTlsContext client(Compiled compiled, String cluster) throws Exception {
    return compiled
        .cluster(cluster)
        .getTransportSocket()
        .getTypedConfig()
        .unpack(UpstreamTlsContext.class)
        .getCommonTlsContext();
  }

  private static CommonTlsContext server(Compiled compiled) throws Exception {
    return compiled
        .listener(Names.serverListener(8080))
        .getFilterChains(0)
        .getTransportSocket()
        .getTypedConfig()
        .unpack(DownstreamTlsContext.class)
        .getCommonTlsContext();
  }

  @Test
  void nothingSaid_onlyEnvoyIsToldToSpeak13() throws Exception {
    Compiled compiled = compile("");
    for (String cluster : List.of(PEERS, OUTSIDE)) {
      assertThat(client(compiled, cluster).hasTlsParams()).isFalse();
      assertThat(client(compiled.seenBy(CapabilityClass.GRPC, "shop"), cluster).hasTlsParams())
          .isFalse();
      assertThat(client(compiled.seenBy(CapabilityClass.ENVOY, "shop"), cluster).getTlsParams())
          .isEqualTo(
              TlsParameters.newBuilder().setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_3).build());
    }
  }

  @Test
  void meshMtls_isForPeers_onBothSides() throws Exception {
    Compiled compiled = compile("meshMTLS: {minProtocolVersion: TLSV1_3, ecdhCurves: [P-384]}");
    TlsParameters expected =
        TlsParameters.newBuilder()
            .setTlsMinimumProtocolVersion(TlsProtocol.TLSv1_3)
            .addEcdhCurves("P-384")
            .build();
    assertThat(client(compiled, PEERS).getTlsParams()).isEqualTo(expected);
    assertThat(server(compiled).getTlsParams()).isEqualTo(expected);
    assertThat(client(compiled, OUTSIDE).hasTlsParams()).isFalse();
    assertThat(client(compiled.seenBy(CapabilityClass.ENVOY, "shop"), PEERS).getTlsParams())
        .isEqualTo(expected.toBuilder().setTlsMaximumProtocolVersion(TlsProtocol.TLSv1_3).build());
  }

  /** Which refuses contexts that have them. */
  @Test
  void stockGrpc_getsNone_andThatIsSaid() throws Exception {
    String settings = "meshMTLS: {minProtocolVersion: TLSV1_3}";
    Compiled grpc = compile(settings).seenBy(CapabilityClass.GRPC, "shop");
    assertThat(client(grpc, PEERS).hasTlsParams()).isFalse();
    assertThat(server(grpc).hasTlsParams()).isFalse();
    assertThat(parse(settings).findings())
        .extracting(Finding::code)
        .containsExactly(FindingCode.TLS_NOT_FOR_GRPC);
  }

  @Test
  void tlsDefaults_isForWhatIsOutside() throws Exception {
    Compiled compiled = compile("tlsDefaults: {cipherSuites: [ECDHE-RSA-AES256-GCM-SHA384]}");
    assertThat(client(compiled, OUTSIDE).getTlsParams().getCipherSuitesList())
        .containsExactly("ECDHE-RSA-AES256-GCM-SHA384");
    assertThat(client(compiled, PEERS).hasTlsParams()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cipherSuites: [RC4-MD5]|NOT_ALLOWED|RC4-MD5",
        "ecdhCurves: [P-192]|NOT_ALLOWED|P-192",
        "minProtocolVersion: TLSV1_1|NOT_ALLOWED|TLSV1_1",
        "minProtocolVersion: TLSV1_3, cipherSuites: [ECDHE-RSA-AES256-GCM-SHA384]"
            + "|CONTRADICTION|TLS 1.2"
      })
  void whatCannotBe_isOneError(String field, FindingCode code, String named) {
    assertThat(parse("meshMTLS: {" + field + "}").findings().stream().filter(Finding::isError))
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo(code);
              assertThat(finding.message()).contains(named);
            });
  }
}
