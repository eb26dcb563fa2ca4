package io.inmesh.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is wrong with one security policy. */
class SecurityFindingsTest {

  private static String authorization(String spec) {
    return object("AuthorizationPolicy", spec);
  }

  private static String tokens(String rule) {
    return object("RequestAuthentication", "jwtRules: [{issuer: i, " + rule + "}]");
  }

  private static String object(String kind, String spec) {
    return """
    apiVersion: security.istio.io/v1
    kind: %s
    metadata: {name: p}
    spec: {%s}
    """
        .formatted(kind, spec);
  }

  private static String oidc(String issuer, String identity) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: d}
    spec: {attestation: {oidc: [{%s, audiences: [a], identities: [{%s}]}]}}
    """
        .formatted(issuer, identity);
  }

  private static String defaults(String spec) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: d}
    spec: {%s}
    """
        .formatted(spec);
  }

  private static String clientTls(String tls) {
    return """
    apiVersion: networking.istio.io/v1
    kind: DestinationRule
    metadata: {name: d}
    spec: {host: a.b.c, trafficPolicy: {tls: {%s}}}
    """
        .formatted(tls);
  }

  private static String backendTls(String validation) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: BackendTLSPolicy
    metadata: {name: b}
    spec:
      targetRefs: [{group: '', kind: Service, name: a}]
      validation: {%s}
    """
        .formatted(validation);
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        arguments(authorization("action: REFUSE"), "IM1204"),
        arguments(authorization("action: CUSTOM, rules: [{}]"), "IM1202"),
        arguments(authorization("provider: {name: x}"), "IM1305"),
        arguments(authorization("action: DENY"), "IM1309"),
        arguments(authorization("rules: [{from: []}]"), "IM1207"),
        arguments(authorization("rules: [{from: [{source: {}}]}]"), "IM1305"),
        arguments(authorization("rules: [{to: [{operation: {}}]}]"), "IM1305"),
        arguments(authorization("rules: [{to: [{operation: {path: [/a]}}]}]"), "IM1203"),
        arguments(authorization("rules: [{to: [{operation: {ports: ['0']}}]}]"), "IM1205"),
        arguments(authorization("rules: [{to: [{operation: {ports: [80]}}]}]"), "IM1201"),
        arguments(authorization("rules: [{to: [{operation: {paths: ['/a/{b}']}}]}]"), "IM1205"),
        arguments(authorization("rules: [{to: [{operation: {paths: ['/{**}/a']}}]}]"), "IM1205"),
        arguments(authorization("rules: [{to: [{operation: {paths: ['/a*b']}}]}]"), "IM1205"),
        arguments(authorization("rules: [{from: [{source: {ipBlocks: [a]}}]}]"), "IM1205"),
        arguments(
            authorization("rules: [{from: [{source: {ipBlocks: [10.0.0.0/33]}}]}]"), "IM1205"),
        arguments(
            authorization("rules: [{from: [{source: {serviceAccounts: [a], namespaces: [b]}}]}]"),
            "IM1305"),
        arguments(authorization("rules: [{when: [{key: source.port, values: [a]}]}]"), "IM1204"),
        arguments(
            authorization("rules: [{when: [{key: request.headers, values: [a]}]}]"), "IM1204"),
        arguments(authorization("rules: [{when: [{key: source.ip}]}]"), "IM1202"),
        arguments(authorization("rules: [{when: [{key: source.ip, values: [a]}]}]"), "IM1205"),
        arguments(
            authorization(
                "action: CUSTOM, provider: {name: x},"
                    + " rules: [{when: [{key: request.auth.principal, values: ['*']}]}]"),
            "IM1305"),
        arguments(
            authorization(
                "selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: a}]"),
            "IM1305"),
        arguments(authorization("targetRefs: [{kind: Gateway, name: a}]"), "IM1403"),
        arguments(tokens("audiences: [a]"), "IM1202"),
        arguments(
            object("RequestAuthentication", "jwtRules: [{issuer: 'http://issuer'}]"), "IM1321"),
        arguments(
            object("RequestAuthentication", "jwtRules: [{issuer: 'http://169.254.169.254'}]"),
            "IM1320"),
        arguments(tokens("jwks: '{}', jwksUri: 'https://i/k'"), "IM1305"),
        arguments(tokens("jwksUri: 'ftp://i/k'"), "IM1205"),
        arguments(tokens("jwksUri: 'http://169.254.169.254/latest'"), "IM1320"),
        arguments(tokens("jwksUri: 'http://issuer/k'"), "IM1321"),
        arguments(tokens("jwks: '{\"keys\":[{\"kty\":\"EC\",\"d\":\"hunter2\"}]}'"), "IM1322"),
        arguments(tokens("jwks: '{\"keys\":[{\"kty\":\"oct\",\"k\":\"hunter2\"}]}'"), "IM1322"),
        arguments(tokens("jwks: '{'"), "IM1205"),
        arguments(tokens("jwks: '{\"keys\":[{\"kty\":\"EC\"}]}'"), "IM1380"),
        arguments(tokens("jwks: '{\"keys\":[{}" + ",{}".repeat(100) + "]}'"), "IM1380"),
        arguments(
            tokens("jwks: '{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" + "w".repeat(2731) + "\"}]}'"),
            "IM1380"),
        arguments(
            tokens("jwks: '{\"keys\":[], \"pad\": \"" + "x".repeat(1 << 18) + "\"}'"), "IM1207"),
        arguments(oidc("issuer: 'http://i'", "claims: {a: b}, serviceAccount: s"), "IM1202"),
        arguments(oidc("issuer: 'http://i'", "namespace: n, serviceAccountClaim: s"), "IM1321"),
        arguments(oidc("issuer: i", "namespace: n, serviceAccountClaim: s"), "IM1205"),
        arguments(
            oidc("issuer: 'http://169.254.169.254'", "namespace: n, serviceAccountClaim: s"),
            "IM1320"),
        arguments(
            oidc("issuer: 'https://i'", "namespace: n, namespaceClaim: n, serviceAccountClaim: s"),
            "IM1305"),
        arguments(oidc("issuer: 'https://i'", "namespace: n, serviceAccount: everybody"), "IM1202"),
        arguments(defaults("federation: [{trustDomain: a.b, caCertificates: none}]"), "IM1205"),
        arguments(defaults("federation: [{trustDomain: a.b}]"), "IM1202"),
        arguments(clientTls("mode: SIMPLE, caCertificates: /etc/ssl/ca.pem"), "IM1365"),
        arguments(clientTls("mode: SIMPLE, caCrl: /etc/ssl/crl.pem"), "IM1365"),
        arguments(
            clientTls("mode: SIMPLE, caCertificates: '-----BEGIN CERTIFICATE-----'"), "IM1205"),
        arguments(
            clientTls("mode: SIMPLE, caCertificates: '-----BEGIN PRIVATE KEY----- hunter2'"),
            "IM1205"),
        arguments(clientTls("mode: SIMPLE, insecureSkipVerify: true"), "IM1366"),
        arguments(clientTls("mode: MUTUAL"), "IM1305"),
        arguments(clientTls("mode: MUTUAL, clientCertificate: /c, privateKey: /k"), "IM1365"),
        arguments(backendTls("hostname: a.example"), "IM1305"),
        arguments(
            backendTls(
                "hostname: a.example, wellKnownCACertificates: System,"
                    + " caCertificateRefs: [{group: '', kind: ConfigMap, name: c}]"),
            "IM1305"),
        arguments(backendTls("wellKnownCACertificates: System"), "IM1202"),
        arguments(
            backendTls(
                "hostname: a.example, wellKnownCACertificates: System,"
                    + " subjectAltNames: [{type: URI, hostname: b}]"),
            "IM1305"),
        arguments(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {ca.crt: nothing}\n",
            "IM1205"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void mistake_isFound_andNothingSecretIsSaid(String yaml, String code) {
    List<Finding> findings = ConfigLoader.parse("f.yaml", yaml).findings();
    assertThat(findings).extracting(finding -> finding.code().id()).contains(code);
    assertThat(findings).noneMatch(finding -> finding.toString().contains("hunter2"));
  }
}
