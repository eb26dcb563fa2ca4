package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CommonTlsContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext;
import io.inmesh.server.config.ConfigLoader;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.registry.RegistrySnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From DestinationRule.tls, BackendTLSPolicy and HTTPS ports to the clusters' TLS contexts. */
class OriginationTest {
  private static final String CLUSTER = "outbound|80||api.example.com";
  private static final String HTTPS = "outbound|443||api.example.com";

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

  private static final String ENTRY =
      """
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: api, namespace: shop}
      spec:
        hosts: [api.example.com]
        resolution: DNS
        ports: [{number: 80, name: plain, protocol: HTTP}, {number: 443, name: tls, protocol: HTTPS}]
      """;

  private static final String ROOTS =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: trusted, namespace: shop}\n"
          + "data: {ca.crt: \""
          + PEM.replace("\n", "\\n")
          + "\", README: for tests}\n";

  private static String rule(String namespace, String tls) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: api, namespace: %s}
    spec: {host: api.example.com, trafficPolicy: {tls: {%s}}}
    """
        .formatted(namespace, tls);
  }

  private static String policy(String name, String created, String section, String host) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: BackendTLSPolicy
    metadata: {name: %s, namespace: shop, creationTimestamp: "%s"}
    spec:
      targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: api%s}]
      validation: {hostname: %s, wellKnownCACertificates: System}
    """
        .formatted(name, created, section.isEmpty() ? "" : ", sectionName: " + section, host);
  }

  private static Compiled compile(String... documents) {
    ConfigUpdate update =
        ConfigLoader.parse("mesh.yaml", ENTRY + "---\n" + String.join("---\n", documents));
    assertThat(update.findings()).noneMatch(Finding::isError);
    return Compiled.compile(update.set(), RegistrySnapshot.EMPTY);
  }

  private static UpstreamTlsContext tls(Cluster cluster) throws Exception {
    return cluster.getTransportSocket().getTypedConfig().unpack(UpstreamTlsContext.class);
  }

  private static CertificateValidationContext validation(Cluster cluster) throws Exception {
    return tls(cluster).getCommonTlsContext().getValidationContext();
  }

  private static String only(Cluster cluster) throws Exception {
    assertThat(validation(cluster).getMatchTypedSubjectAltNamesList()).hasSize(1);
    SubjectAltNameMatcher name = validation(cluster).getMatchTypedSubjectAltNames(0);
    return name.getSanType() + " " + name.getMatcher().getExact();
  }

  @Test
  void nothingSaid_httpIsPlaintext_httpsIsTlsThatTheSystemBelieves() throws Exception {
    Compiled compiled = compile();
    assertThat(compiled.cluster(CLUSTER).hasTransportSocket()).isFalse();
    Cluster https = compiled.cluster(HTTPS);
    assertThat(validation(https).hasSystemRootCerts()).isTrue();
    assertThat(only(https)).isEqualTo("DNS api.example.com");
    assertThat(tls(https).getSni()).isEqualTo("api.example.com");
  }

  @Test
  void credentialName_rootsTravelInline() throws Exception {
    Cluster cluster =
        compile(ROOTS, rule("shop", "mode: SIMPLE, credentialName: trusted")).cluster(CLUSTER);
    DataSource roots = validation(cluster).getTrustedCa();
    assertThat(roots.getSpecifierCase()).isEqualTo(DataSource.SpecifierCase.INLINE_STRING);
    assertThat(roots.getInlineString()).contains("BEGIN CERTIFICATE");
    assertThat(only(cluster)).isEqualTo("DNS api.example.com");
  }

  @Test
  void names_areOfTheTypeTheyLookLike() throws Exception {
    Cluster cluster =
        compile(
                rule(
                    "shop",
                    "mode: SIMPLE, sni: a.example, subjectAltNames: [b.example, 'spiffe://c/d',"
                        + " 10.0.0.1]"))
            .cluster(CLUSTER);
    assertThat(tls(cluster).getSni()).isEqualTo("a.example");
    assertThat(validation(cluster).getMatchTypedSubjectAltNamesList())
        .extracting(SubjectAltNameMatcher::getSanType)
        .containsExactly(
            SubjectAltNameMatcher.SanType.DNS,
            SubjectAltNameMatcher.SanType.URI,
            SubjectAltNameMatcher.SanType.IP_ADDRESS);
  }

  @Test
  void callersOfANamespace_haveTheirOwnRule() throws Exception {
    Compiled compiled = compile(rule("web", "mode: SIMPLE"));
    assertThat(compiled.cluster(CLUSTER).hasTransportSocket()).isFalse();
    assertThat(compiled.seenBy(CapabilityClass.INMESH, "web").cluster(CLUSTER).hasTransportSocket())
        .isTrue();
  }

  @Test
  void credentialThatIsMissing_leavesNobodyToCall() {
    Compiled compiled = compile(rule("shop", "mode: SIMPLE, credentialName: gone"));
    assertThat(compiled.findings()).extracting(Finding::code).contains(FindingCode.ROOTS_NOT_FOUND);
    Cluster cluster = compiled.cluster(CLUSTER);
    assertThat(cluster.getType()).isEqualTo(Cluster.DiscoveryType.STATIC);
    assertThat(cluster.getLoadAssignment().getEndpointsCount()).isZero();
    assertThat(cluster.hasTransportSocket()).as("never in plaintext").isTrue();
  }

  @Test
  void ofTwoPolicies_theOlderCounts_andOneForThePortGoesFirst() throws Exception {
    Compiled compiled =
        compile(
            policy("b-old", "2024-01-01T00:00:00Z", "", "old.example"),
            policy("a-new", "2025-01-01T00:00:00Z", "", "new.example"),
            policy("port", "2026-01-01T00:00:00Z", "tls", "port.example"));
    assertThat(only(compiled.cluster(CLUSTER))).isEqualTo("DNS old.example");
    assertThat(only(compiled.cluster(HTTPS))).isEqualTo("DNS port.example");
    assertThat(compiled.findings())
        .filteredOn(finding -> finding.code() == FindingCode.POLICY_CONFLICTED)
        .singleElement()
        .satisfies(finding -> assertThat(finding.toString()).contains("a-new", "b-old"));
  }

  @Test
  void mutual_onlyTheNameOfTheCredentialTravels() throws Exception {
    Compiled compiled = compile(rule("shop", "mode: MUTUAL, credentialName: partner"));
    for (CapabilityClass clients : List.of(CapabilityClass.INMESH, CapabilityClass.ENVOY)) {
      Cluster cluster = compiled.seenBy(clients, "shop").cluster(CLUSTER);
      CommonTlsContext common = tls(cluster).getCommonTlsContext();
      assertThat(common.getTlsCertificatesList()).isEmpty();
      assertThat(common.getTlsCertificateSdsSecretConfigs(0).getName())
          .isEqualTo("kubernetes://partner");
      assertThat(
              common.getCombinedValidationContext().getValidationContextSdsSecretConfig().getName())
          .isEqualTo("kubernetes://partner-cacert");
      assertThat(
              common
                  .getCombinedValidationContext()
                  .getDefaultValidationContext()
                  .getMatchTypedSubjectAltNames(0)
                  .getMatcher()
                  .getExact())
          .isEqualTo("api.example.com");
    }
  }

  /** It has one certificate, which is for the mesh. */
  @Test
  void mutual_stockGrpc_callsNobody() {
    Cluster cluster =
        compile(rule("shop", "mode: MUTUAL, credentialName: partner"))
            .seenBy(CapabilityClass.GRPC, "shop")
            .cluster(CLUSTER);
    assertThat(cluster.hasTransportSocket()).isFalse();
    assertThat(cluster.getEdsClusterConfig().getServiceName()).isEqualTo(Names.INVALID_BACKEND);
  }

  @Test
  void destinationRule_goesBeforeBackendTlsPolicy() throws Exception {
    Compiled compiled =
        compile(
            policy("p", "2024-01-01T00:00:00Z", "", "policy.example"),
            rule("shop", "mode: SIMPLE, sni: rule.example"));
    assertThat(only(compiled.cluster(CLUSTER))).isEqualTo("DNS rule.example");
  }

  @ParameterizedTest
  @ValueSource(strings = {"name: gone", "name: api, sectionName: gone"})
  void targetThatIsMissing_isReported(String target) {
    Compiled compiled =
        compile(policy("p", "2024-01-01T00:00:00Z", "", "a.example").replace("name: api", target));
    assertThat(compiled.findings())
        .extracting(Finding::code)
        .containsExactlyElementsOf(List.of(FindingCode.POLICY_TARGET_NOT_FOUND));
  }

  @Test
  void stockGrpc_getsTheOlderNames_envoyItsOwnSystemsRoots() throws Exception {
    Compiled compiled = compile(rule("shop", "mode: SIMPLE"));
    Cluster grpc = compiled.seenBy(CapabilityClass.GRPC, "x").cluster(CLUSTER);
    assertThat(validation(grpc).getMatchTypedSubjectAltNamesCount()).isZero();
    Cluster envoy = compiled.seenBy(CapabilityClass.ENVOY, "x").cluster(CLUSTER);
    assertThat(validation(envoy).getTrustedCa().getFilename()).endsWith("ca-certificates.crt");
  }
}
