package io.inmesh.server.compile;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.PeerAuthenticationSpec;
import io.inmesh.server.config.PeerAuthenticationSpec.Mode;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Istio's rules for PeerAuthentication; {@code root} is the root namespace. */
class PeerModesTest {
  private static final Map<String, String> ORDERS = Map.of("app", "orders", "version", "v1");

  private static Resource<PeerAuthenticationSpec> policy(
      String namespace, String name, Map<String, String> labels, Mode mode) {
    return policy(namespace, name, labels, mode, Map.of());
  }

  private static Resource<PeerAuthenticationSpec> policy(
      String namespace, String name, Map<String, String> labels, Mode mode, Map<Integer, Mode> p) {
    return Resource.of(
        new ResourceKey(Kind.PEER_AUTHENTICATION, namespace, name),
        new PeerAuthenticationSpec(labels, mode, p));
  }

  private static PeerModes orders(List<Resource<PeerAuthenticationSpec>> policies) {
    return PeerModes.of(policies, "root", "shop", ORDERS);
  }

  @ParameterizedTest
  @CsvSource({
    // mesh, namespace, workload, expected
    ",,,STRICT",
    "PERMISSIVE,,,PERMISSIVE",
    "UNSET,,,STRICT",
    "PERMISSIVE,STRICT,,STRICT",
    "PERMISSIVE,UNSET,,PERMISSIVE",
    "STRICT,PERMISSIVE,DISABLE,DISABLE",
    "STRICT,PERMISSIVE,UNSET,PERMISSIVE",
    "DISABLE,UNSET,UNSET,DISABLE",
    ",,PERMISSIVE,PERMISSIVE"
  })
  void mode_narrowestThatIsSet_wins(Mode mesh, Mode namespace, Mode workload, Mode expected) {
    List<Resource<PeerAuthenticationSpec>> policies = new ArrayList<>();
    if (mesh != null) {
      policies.add(policy("root", "mesh", Map.of(), mesh));
    }
    if (namespace != null) {
      policies.add(policy("shop", "namespace", Map.of(), namespace));
    }
    if (workload != null) {
      policies.add(policy("shop", "workload", Map.of("app", "orders"), workload));
    }
    policies.add(policy("other", "namespace", Map.of(), Mode.DISABLE));
    policies.add(policy("shop", "else", Map.of("app", "web"), Mode.DISABLE));
    assertThat(orders(policies).of(8080)).isEqualTo(expected);
  }

  @Test
  void mode_severalInOneScope_theOldestWins() {
    assertThat(
            orders(
                    List.of(
                        policy("shop", "a", Map.of(), Mode.PERMISSIVE),
                        policy("shop", "b", Map.of(), Mode.DISABLE)))
                .of(8080))
        .isEqualTo(Mode.PERMISSIVE);
  }

  @Test
  void oldest_countsAlone_evenWhereItSaysNothing() {
    Map<String, String> app = Map.of("app", "orders");
    PeerModes modes =
        orders(
            List.of(
                policy("shop", "wide", Map.of(), Mode.PERMISSIVE),
                policy("shop", "a", app, Mode.UNSET, Map.of(9090, Mode.STRICT)),
                policy("shop", "b", app, Mode.DISABLE, Map.of(8080, Mode.DISABLE))));
    assertThat(modes.of(9090)).isEqualTo(Mode.STRICT);
    assertThat(modes.of(8080)).as("UNSET asks the namespace").isEqualTo(Mode.PERMISSIVE);
  }

  @Test
  void ports_goBeforeTheWorkload_andInheritWhereUnset() {
    PeerModes modes =
        orders(
            List.of(
                policy(
                    "shop",
                    "a",
                    Map.of("app", "orders"),
                    Mode.PERMISSIVE,
                    Map.of(8080, Mode.DISABLE, 9090, Mode.UNSET))));
    assertThat(modes.of(8080)).isEqualTo(Mode.DISABLE);
    assertThat(modes.of(9090)).isEqualTo(Mode.PERMISSIVE);
    assertThat(modes.of(7070)).isEqualTo(Mode.PERMISSIVE);
  }

  @Test
  void selectorInTheRootNamespace_isForThatNamespaceOnly() {
    assertThat(orders(List.of(policy("root", "a", Map.of("app", "orders"), Mode.DISABLE))).of(8080))
        .isEqualTo(Mode.STRICT);
  }

  @Test
  void permissive_isFound_becauseStockGrpcCannotServeIt() {
    ConfigSet config = ConfigSet.of(List.of(policy("shop", "a", Map.of(), Mode.PERMISSIVE)));
    MeshCompiler secure = new MeshCompiler(true);
    secure.configChanged(config);
    assertThat(secure.findings())
        .extracting(finding -> finding.code().id())
        .containsExactly("IM2062");
    MeshCompiler insecure = new MeshCompiler(false);
    insecure.configChanged(config);
    assertThat(insecure.findings()).isEmpty();
  }
}
