package io.inmesh.server.config;

import static io.inmesh.server.config.Yaml.defaults;
import static io.inmesh.server.config.Yaml.httpRoute;
import static io.inmesh.server.config.Yaml.service;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigStoreTest {

  private static final String BAD = service("a", "ports: [{prt: 80}]");

  private final ConfigStore store = ConfigStore.inMemory(false);

  @Test
  void apply_objectWithErrors_keepsItsPreviousVersionWhileTheRestApplies() {
    apply(store, "a.yaml", service("a", 80), "b.yaml", service("b", 80));

    ConfigUpdate update = apply(store, "a.yaml", BAD, "b.yaml", service("b", 81));

    assertThat(ports(update)).containsExactly("a:80", "b:81");
    assertThat(FindingText.render(update.findings()))
        .isEqualTo(
            """
            a.yaml:1:1: warning IM1501 Service default/a: the previous valid version stays in force
            a.yaml:5:11: error IM1202 Service default/a spec.ports[0].port: missing; expected integer, 1 to 65535
            a.yaml:5:12: error IM1203 Service default/a spec.ports[0].prt: unknown field; did you mean 'port'?
            """);
  }

  @Test
  void apply_newObjectWithErrors_isNotInForce() {
    assertThat(ports(apply(store, "a.yaml", BAD, "b.yaml", service("b", 80))))
        .containsExactly("b:80");
  }

  private static String rules(String rules) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: p, namespace: shop}
    spec: {%s}
    """
        .formatted(rules);
  }

  @Test
  void apply_newPolicyWithErrors_isInForceAsARefusal_untilItIsValid() {
    ConfigUpdate update = apply(store, "a.yaml", rules("rulez: [{}]"));
    assertThat(update.set().authorizationPolicies()).isEmpty();
    assertThat(update.set().brokenPolicies()).hasSize(1);
    assertThat(codes(update)).contains(FindingCode.UNKNOWN_FIELD, FindingCode.BROKEN_POLICY);
    update = apply(store, "a.yaml", rules("rulez: [{}], action: DENY"));
    assertThat(update.set().brokenPolicies()).hasSize(1);
    assertThat(codes(update)).doesNotContain(FindingCode.KEPT_PREVIOUS);

    update = apply(store, "a.yaml", rules("rules: [{}]"));
    assertThat(update.set().brokenPolicies()).isEmpty();
    assertThat(update.findings()).isEmpty();
    update = apply(store, "a.yaml", rules("rulez: [{}]"));
    assertThat(update.set().authorizationPolicies()).as("the last good one").hasSize(1);
    assertThat(update.set().brokenPolicies()).isEmpty();
    assertThat(apply(store).set().all()).isEmpty();
  }

  @Test
  void apply_strictAndAPolicyWithErrors_refusesBesidesWhatWasInForce() {
    ConfigStore strict = ConfigStore.inMemory(true);
    apply(strict, "a.yaml", service("a", 80));
    ConfigUpdate update = apply(strict, "a.yaml", service("a", 81), "b.yaml", rules("rulez: [{}]"));
    assertThat(ports(update)).containsExactly("a:80");
    assertThat(update.set().brokenPolicies()).hasSize(1);
  }

  @Test
  void persistent_policyWithErrors_isNotTakenForAValidOneAfterARestart(@TempDir Path state) {
    apply(ConfigStore.persistent(state, false), "a.yaml", rules("rulez: [{}]"));
    ConfigUpdate update =
        apply(ConfigStore.persistent(state, false), "a.yaml", rules("rulez: [{}]"));
    assertThat(codes(update))
        .containsExactlyInAnyOrder(FindingCode.UNKNOWN_FIELD, FindingCode.BROKEN_POLICY);
  }

  @Test
  void apply_objectGone_isRemoved() {
    apply(store, "a.yaml", service("a", 80) + "---\n" + service("b", 80));

    ConfigUpdate update = apply(store, "a.yaml", service("b", 80));

    assertThat(ports(update)).containsExactly("b:80");
    assertThat(update.findings()).isEmpty();
  }

  @Test
  void apply_brokenFile_keepsWhatItHeld() {
    apply(store, "a.yaml", service("a", 80) + "---\n" + service("b", 80));

    ConfigUpdate update = apply(store, "a.yaml", "kind: [", "c.yaml", service("c", 80));

    assertThat(ports(update)).containsExactly("a:80", "b:80", "c:80");
    assertThat(codes(update)).contains(FindingCode.SYNTAX, FindingCode.KEPT_PREVIOUS);
  }

  @Test
  void apply_objectMovedOutOfABrokenFile_theNewOneCounts() {
    apply(store, "a.yaml", service("a", 80));

    ConfigUpdate update = apply(store, "a.yaml", "kind: [", "b.yaml", service("a", 81));

    assertThat(ports(update)).containsExactly("a:81");
  }

  @Test
  void apply_misspeltKind_doesNotDeleteTheObject() {
    apply(store, "a.yaml", service("a", 80));

    ConfigUpdate update = apply(store, "a.yaml", service("a", 80).replace("Service", "Sevice"));

    assertThat(ports(update)).containsExactly("a:80");
    assertThat(codes(update))
        .containsExactlyInAnyOrder(FindingCode.UNKNOWN_KIND, FindingCode.KEPT_PREVIOUS);
  }

  @Test
  void apply_emptiedFile_keepsWhatItHeld() {
    apply(store, "a.yaml", service("a", 80));

    ConfigUpdate update = apply(store, "a.yaml", "\n");

    assertThat(ports(update)).containsExactly("a:80");
    assertThat(update.findings().get(0))
        .hasToString(
            "a.yaml: warning IM1007: the file is empty; what it held is kept; delete the file to"
                + " delete its objects");
    assertThat(ports(apply(store))).isEmpty();
  }

  @Test
  void apply_sameObjectTwice_theFirstByFileNameStays() {
    ConfigUpdate update = apply(store, "b.yaml", service("a", 81), "a.yaml", service("a", 80));

    assertThat(ports(update)).containsExactly("a:80");
    assertThat(update.findings())
        .singleElement()
        .hasToString(
            "b.yaml:1:1: error IM1106 Service default/a: defined twice; the one at a.yaml:1:1"
                + " counts; remove or rename one of them");
  }

  @Test
  void apply_twoMeshDefaults_theFirstCounts() {
    ConfigUpdate update =
        apply(
            store,
            "a.yaml",
            defaults("x", "trustDomain: one") + "---\n" + defaults("y", "trustDomain: two"));

    assertThat(update.set().meshDefaults().trustDomain()).isEqualTo("one");
    assertThat(update.findings())
        .singleElement()
        .hasToString(
            "a.yaml:7:1: error IM1307 MeshDefaults y: a mesh has one MeshDefaults; 'x' counts;"
                + " merge them");
  }

  @Test
  void apply_strictWithAnError_refusesTheWholeGeneration() {
    ConfigStore strict = ConfigStore.inMemory(true);
    apply(strict, "a.yaml", service("a", 80), "b.yaml", service("b", 80));

    ConfigUpdate update = apply(strict, "a.yaml", BAD, "b.yaml", service("b", 81));

    assertThat(ports(update)).containsExactly("a:80", "b:80");
    assertThat(update.findings().get(0))
        .hasToString("error IM1502: 2 errors and --strict: nothing of this generation was applied");
  }

  @Test
  void current_afterRestart_isWhatWasInForce(@TempDir Path state) {
    ConfigStore first = ConfigStore.persistent(state, false);
    ConfigUpdate before =
        apply(
            first,
            "a.yaml",
            service("a", 80),
            "r.yaml",
            httpRoute("r", "- backendRefs: [{name: a, port: 80}]"));

    ConfigStore second = ConfigStore.persistent(state, false);

    assertThat(second.current().set().generation()).isEqualTo(before.set().generation());
    ConfigUpdate update = apply(second, "a.yaml", BAD);
    assertThat(ports(update)).containsExactly("a:80");
    assertThat(update.set().httpRoutes()).isEmpty();
  }

  @Test
  void current_afterRestart_doesNotKnowWhatWasDeletedSince(@TempDir Path state) {
    apply(ConfigStore.persistent(state, false), "a.yaml", service("a", 80));
    apply(ConfigStore.persistent(state, false));

    assertThat(ports(ConfigStore.persistent(state, false).current())).isEmpty();
  }

  @Test
  void current_damagedState_restoresTheRest(@TempDir Path state) throws Exception {
    ConfigStore first = ConfigStore.persistent(state, false);
    apply(first, "a.yaml", service("a", 80), "b.yaml", service("b", 80));
    Path file = state.resolve("config-last-good.jsonl");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(0, lines.get(0).substring(0, 40));
    Files.write(file, lines);

    ConfigUpdate restored = ConfigStore.persistent(state, false).current();

    assertThat(ports(restored)).containsExactly("b:80");
    assertThat(codes(restored)).containsExactly(FindingCode.STATE_UNREADABLE);
    assertThat(restored.findings().get(0).message()).startsWith("1 objects of the last valid");
  }

  @Test
  void apply_stateNotWritable_isInForceWithAFinding(@TempDir Path dir) throws Exception {
    Path notADirectory = Files.writeString(dir.resolve("state"), "");
    ConfigStore blocked = ConfigStore.persistent(notADirectory, false);

    ConfigUpdate update = apply(blocked, "a.yaml", service("a", 80));

    assertThat(ports(update)).containsExactly("a:80");
    assertThat(codes(update)).contains(FindingCode.STATE_UNWRITABLE);
  }

  private static ConfigUpdate apply(ConfigStore store, String... namesAndTexts) {
    List<ParsedFile> files = new ArrayList<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      files.add(ParsedFile.parse(namesAndTexts[i], namesAndTexts[i + 1].getBytes(UTF_8)));
    }
    return store.apply(files);
  }

  private static List<String> ports(ConfigUpdate update) {
    return update.set().services().stream()
        .map(service -> service.key().name() + ":" + service.spec().ports().get(0).port())
        .toList();
  }

  private static List<FindingCode> codes(ConfigUpdate update) {
    return update.findings().stream().map(Finding::code).toList();
  }
}
