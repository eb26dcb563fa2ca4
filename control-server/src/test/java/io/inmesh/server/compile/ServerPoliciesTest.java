package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who gets which policy. */
class ServerPoliciesTest extends ShopServers {
  @Test
  void aliasesOfTheTrustDomain_areTheSamePrincipals() throws Exception {
    compile(
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: d}
        spec: {trustDomain: new.example, trustDomainAliases: [old.example]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec:
          rules:
          - from: [{source: {principals: [old.example/ns/a/sa/b, other.example/ns/c/sa/d]}}]
        """);
    assertThat(
            filters(CapabilityClass.INMESH, ORDERS)
                .get(0)
                .getTypedConfig()
                .unpack(RBAC.class)
                .toString())
        .contains(
            "spiffe://new.example/ns/a/sa/b",
            "spiffe://old.example/ns/a/sa/b",
            "spiffe://other.example/ns/c/sa/d")
        .doesNotContain("spiffe://new.example/ns/c/sa/d");
  }

  @Test
  void withoutPolicies_everybodyHasTheSame() {
    compile("");
    assertThat(open(ORDERS)).isTrue();
    assertThat(compiler.resources().keySet()).noneMatch(key -> !key.view().workload().isEmpty());
  }

  @Test
  void namespacePolicy_appliesToItsNamespace() {
    compile(deny("shop", ""));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(denied(STOCK)).isTrue();
    assertThat(open(ELSEWHERE)).isTrue();
  }

  @Test
  void rootPolicy_appliesEverywhere() {
    compile(deny("inmesh-system", ""));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(denied(ELSEWHERE)).isTrue();
  }

  @Test
  void selector_singlesOutAWorkload_andStrangersAreNotLetOff() throws Exception {
    compile(deny("shop", ", selector: {matchLabels: {app: orders}}"));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    assertThat(open(ELSEWHERE)).isTrue();
    assertThat(closed(workload("shop", "unknown"))).isTrue();
  }

  @Test
  void rootSelector_singlesOutWorkloadsOfAllNamespaces() throws Exception {
    compile(deny("inmesh-system", ", selector: {matchLabels: {app: orders}}"));
    assertThat(denied(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    assertThat(denied(ELSEWHERE)).isTrue();
    assertThat(closed(workload("third", "unknown"))).isTrue();
  }

  @Test
  void targetRef_singlesOutWhoAnswersForAService() {
    compile(
        deny("shop", ", targetRefs: [{kind: Service, name: orders}]")
            + """
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: orders, namespace: shop}
            spec: {selector: {app: orders}, ports: [{name: http, port: 80, targetPort: 8080}]}
            """);
    assertThat(denied(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
  }

  @Test
  void filters_areInIstiosOrder() {
    compile(
        String.join(
            "---\n",
            deny("shop", ""),
            deny("shop", "").replace("name: p", "name: a").replace("DENY", "ALLOW"),
            deny("shop", "").replace("name: p", "name: u").replace("DENY", "AUDIT"),
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: t, namespace: shop}
            spec: {jwtRules: [{issuer: i, jwksUri: "https://i/keys"}]}
            """));
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .containsExactly(
            "envoy.filters.http.jwt_authn",
            "inmesh.authorization.audit",
            "inmesh.authorization.deny",
            "inmesh.authorization.allow");
    assertThat(names(CapabilityClass.GRPC, ORDERS))
        .as("stock gRPC cannot check tokens")
        .containsExactly("inmesh.authorization.allow");
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("POLICY_NOT_ENFORCEABLE");
  }

  private static final String CUSTOM =
      deny("shop", ", provider: {name: opa}").replace("action: DENY", "action: CUSTOM");

  private static final String PROVIDER =
      """
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: d}
      spec:
        extensionProviders:
        - name: opa
          envoyExtAuthzGrpc: {service: opa.shop.svc.cluster.local, port: 9191}
      """;

  @Test
  void customPolicy_withoutProvider_refusesWhatItMatches() throws Exception {
    compile(CUSTOM);
    List<HttpFilter> filters = filters(CapabilityClass.INMESH, ORDERS);
    assertThat(filters).hasSize(1);
    RBAC refusing = filters.get(0).getTypedConfig().unpack(RBAC.class);
    assertThat(refusing.getRules().getActionValue()).isEqualTo(1);
    assertThat(refusing.getRules().getPoliciesCount()).isEqualTo(1);
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("PROVIDER_NOT_FOUND");
  }

  @Test
  void customPolicy_selectsWhatItsProviderIsAskedAbout() throws Exception {
    compile(CUSTOM + PROVIDER);
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .containsExactly("inmesh.authorization.custom.opa", "envoy.filters.http.ext_authz.opa");
    ExtAuthz asking =
        filters(CapabilityClass.INMESH, ORDERS).get(1).getTypedConfig().unpack(ExtAuthz.class);
    assertThat(asking.getGrpcService().getEnvoyGrpc().getClusterName())
        .isEqualTo("outbound|9191||opa.shop.svc.cluster.local");
    assertThat(asking.getFailureModeAllow()).isFalse();
    assertThat(asking.getStatusOnError().getCodeValue()).isEqualTo(403);
    assertThat(names(CapabilityClass.GRPC, ORDERS))
        .as("stock gRPC cannot ask")
        .containsExactly("inmesh.authorization.allow");
    assertThat(compiler.findings())
        .extracting(Finding::code)
        .extracting(Enum::name)
        .contains("PROVIDER_UNREACHABLE");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "selector: {matchLabels: {app: opa}}   | rules: [{}]                                   |"
            + " true",
        "                                      | rules: [{}]                                   |"
            + " true",
        "selector: {matchLabels: {app: orders}}| rules: [{}]                                   |"
            + " false",
        "                                      | rules: [{to: [{operation: {paths: [/a/*]}}]}] |"
            + " false",
        "                                      | rules: [{to: [{operation: {paths: ['*/Check']}}]}]"
            + " | true",
        "                                      | rules: [{to: [{operation: {notPaths:"
            + " ['/envoy.*']}}]}] | false",
        "                                      | rules: []                                     |"
            + " false"
      })
  void customPolicy_thatSelectsItsProvider_isFound(String selector, String rules, boolean found) {
    compile(
        """
        apiVersion: v1
        kind: Service
        metadata: {name: opa, namespace: shop}
        spec: {selector: {app: opa}, ports: [{name: grpc, port: 9191}]}
        ---
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec:
          action: CUSTOM
          provider: {name: opa}
          %s
          %s
        """
                .formatted(selector == null ? "" : selector, rules)
            + PROVIDER);
    assertThat(
            compiler.findings().stream()
                .anyMatch(finding -> finding.code() == FindingCode.PROVIDER_ASKS_ITSELF))
        .isEqualTo(found);
  }

  @Test
  void customPolicy_onTrial_asksNobody() {
    compile(
        CUSTOM.replace("{name: p,", "{name: p, annotations: {istio.io/dry-run: 'true'},")
            + PROVIDER);
    assertThat(names(CapabilityClass.INMESH, ORDERS))
        .containsExactly("inmesh.authorization.custom");
  }

  private boolean refusedAsBroken(Workload workload) {
    return names(CapabilityClass.INMESH, workload).equals(List.of("inmesh.authorization.broken"))
        && names(CapabilityClass.GRPC, workload).equals(List.of("inmesh.authorization.broken"));
  }

  @Test
  void brokenPolicy_refusesWhateverItSelects() throws Exception {
    compile(deny("shop", ", rulez: []"));
    assertThat(refusedAsBroken(ORDERS)).isTrue();
    assertThat(refusedAsBroken(STOCK)).isTrue();
    assertThat(open(ELSEWHERE)).isTrue();
    compile(deny("shop", ", rulez: [], selector: {matchLabels: {app: orders}}"));
    assertThat(refusedAsBroken(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    compile(deny("shop", ", rulez: [], targetRefs: [{kind: Service, name: orders}]") + ROUTED);
    assertThat(refusedAsBroken(ORDERS)).isTrue();
    assertThat(open(STOCK)).isTrue();
    compile(deny("shop", ", targetRefs: [{kind: HTTPRoute}]") + ROUTED);
    assertThat(refusedAsBroken(STOCK)).as("it may be meant for anybody").isTrue();
    compile("");
    assertThat(open(ORDERS)).isTrue();
  }

  @Test
  void denyByDefault_refusesWhereNothingIsAllowed() throws Exception {
    compile(
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: d}
        spec: {denyByDefault: true}
        """);
    assertThat(closed(ORDERS)).isTrue();
  }
}
