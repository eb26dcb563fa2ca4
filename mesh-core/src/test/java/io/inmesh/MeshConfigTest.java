package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.model.Locality;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeshConfigTest {
  @TempDir private Path directory = Path.of("");

  private static final Map<ConfigKey, String> SAMPLES = new EnumMap<>(ConfigKey.class);

  static {
    SAMPLES.put(ConfigKey.CONTROL_SERVER, "control.example:15010");
    SAMPLES.put(ConfigKey.SERVICE, "orders");
    SAMPLES.put(ConfigKey.NAMESPACE, "shop");
    SAMPLES.put(ConfigKey.VERSION, "v2");
    SAMPLES.put(ConfigKey.INSTANCE, "orders-7");
    SAMPLES.put(ConfigKey.ADDRESS, "10.1.2.3");
    SAMPLES.put(ConfigKey.LABELS, "team=a,tier=gold");
    SAMPLES.put(ConfigKey.LOCALITY, "eu/eu-1/rack-2");
    SAMPLES.put(ConfigKey.WEIGHT, "3");
    SAMPLES.put(ConfigKey.INSECURE, "true");
    SAMPLES.put(ConfigKey.TOKEN, "s3cr3t");
    SAMPLES.put(ConfigKey.TOKEN_FILE, "/run/inmesh/token");
    SAMPLES.put(ConfigKey.KUBERNETES_TOKEN_FILE, "/var/run/secrets/inmesh/token");
    SAMPLES.put(ConfigKey.OIDC_TOKEN_FILE, "/run/oidc/token");
    SAMPLES.put(ConfigKey.IDENTITY_DIR, "/run/identity");
    SAMPLES.put(ConfigKey.CREDENTIALS_DIR, "/run/credentials");
    SAMPLES.put(ConfigKey.WORKLOAD_API, "unix:///run/spire/agent.sock");
    SAMPLES.put(ConfigKey.ROOT_PINS, "ab".repeat(32));
    SAMPLES.put(ConfigKey.STATE_DIR, "state");
    SAMPLES.put(ConfigKey.MANAGEMENT_ADDRESS, "0.0.0.0:15020");
    SAMPLES.put(ConfigKey.DOMAIN_SUFFIX, "mesh.internal");
    SAMPLES.put(ConfigKey.DEPENDENCIES, "inventory,users.shop");
    SAMPLES.put(ConfigKey.MESH_HOSTS, "legacy.example");
    SAMPLES.put(ConfigKey.OUTBOUND_TRAFFIC_POLICY, "ALLOW_ANY");
    SAMPLES.put(ConfigKey.READY_TIMEOUT, "3s");
    SAMPLES.put(ConfigKey.DRAIN_TIMEOUT, "250ms");
  }

  private static MeshConfig.Builder minimal() {
    return MeshConfig.builder().controlServer("c:1").service("web");
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("mesh.yaml"), text);
  }

  /** Every accessor's value, by name. */
  private static Map<String, Object> values(MeshConfig config) throws ReflectiveOperationException {
    Map<String, Object> values = new TreeMap<>();
    for (ConfigKey key : ConfigKey.values()) {
      Method accessor = MeshConfig.class.getMethod(camel(key));
      values.put(key.key(), String.valueOf(accessor.invoke(config)));
    }
    return values;
  }

  private static String camel(ConfigKey key) {
    StringBuilder name = new StringBuilder();
    for (String part : key.key().split("-", -1)) {
      name.append(
          name.length() == 0
              ? part
              : part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1));
    }
    return name.toString();
  }

  private static MeshConfig built() {
    return MeshConfig.builder()
        .controlServer("control.example:15010")
        .service("orders")
        .namespace("shop")
        .version("v2")
        .instance("orders-7")
        .address("10.1.2.3")
        .labels(Map.of("team", "a", "tier", "gold"))
        .locality(new Locality("eu", "eu-1", "rack-2"))
        .weight(3)
        .insecure(true)
        .token("s3cr3t")
        .tokenFile(Path.of("/run/inmesh/token"))
        .kubernetesTokenFile(Path.of("/var/run/secrets/inmesh/token"))
        .oidcTokenFile(Path.of("/run/oidc/token"))
        .identityDir(Path.of("/run/identity"))
        .credentialsDir(Path.of("/run/credentials"))
        .workloadApi("unix:///run/spire/agent.sock")
        .rootPins(Set.of("ab".repeat(32)))
        .stateDir(Path.of("state"))
        .managementAddress("0.0.0.0:15020")
        .domainSuffix("mesh.internal")
        .dependencies(List.of("inventory", "users.shop"))
        .meshHosts(Set.of("legacy.example"))
        .outboundTrafficPolicy(MeshConfig.OutboundTrafficPolicy.ALLOW_ANY)
        .readyTimeout(Duration.ofSeconds(3))
        .drainTimeout(Duration.ofMillis(250))
        .build();
  }

  @Test
  void builderEnvironmentAndFile_meanTheSame() throws Exception {
    assertThat(SAMPLES).containsOnlyKeys(ConfigKey.values());
    Map<String, String> environment = new HashMap<>();
    StringBuilder yaml = new StringBuilder();
    SAMPLES.forEach(
        (key, value) -> {
          environment.put(key.variable(), value);
          yaml.append(key.key()).append(": ").append(value).append('\n');
        });
    Map<String, Object> expected = values(built());

    assertThat(values(MeshConfig.builder().environment(environment).build())).isEqualTo(expected);
    assertThat(values(MeshConfig.builder().file(file(yaml.toString())).build()))
        .isEqualTo(expected);
    assertThat(
            values(
                MeshConfig.builder()
                    .environment(Map.of("INMESH_CONFIG", file(yaml.toString()).toString()))
                    .build()))
        .isEqualTo(expected);
  }

  @Test
  void everyKey_hasABuilderMethodOfItsName() {
    assertThat(MeshConfig.Builder.class.getMethods())
        .extracting(Method::getName)
        .containsAll(
            java.util.Arrays.stream(ConfigKey.values()).map(MeshConfigTest::camel).toList());
  }

  @Test
  void file_takesMappingsAndSequences() throws IOException {
    MeshConfig config =
        minimal()
            .file(
                file(
                    """
                    labels:
                      team: a
                      port: 8080
                    dependencies:
                      - inventory
                      - grpc://users
                    version:
                    """))
            .build();
    assertThat(config.labels()).isEqualTo(Map.of("team", "a", "port", "8080", "app", "web"));
    assertThat(config.dependencies()).containsOnly("inventory", "grpc://users");
    assertThat(config.version()).isEmpty();
  }

  @Test
  void strongerSource_wins() throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("INMESH_CONFIG", file("service: f\nnamespace: f\nversion: f\n").toString());
    environment.put("INMESH_SERVICE", "e");
    environment.put("INMESH_NAMESPACE", "e");
    environment.put(
        "GRPC_XDS_BOOTSTRAP_CONFIG",
        "{\"xds_servers\":[{\"server_uri\":\"b:1\",\"channel_creds\":[{\"type\":\"insecure\"}]}],"
            + "\"node\":{\"cluster\":\"b\"}}");
    MeshConfig config = MeshConfig.builder().environment(environment).service("s").build();
    assertThat(config.service()).isEqualTo("s");
    assertThat(config.namespace()).isEqualTo("e");
    assertThat(config.version()).isEqualTo("f");
    assertThat(config.controlServer()).isEqualTo("b:1");
    assertThat(config.insecure()).isTrue();
  }

  @Test
  void grpcBootstrap_isUnderstood() throws IOException {
    Path json =
        Files.writeString(
            directory.resolve("bootstrap.json"),
            """
            {
              "xds_servers": [
                { "server_uri": "control:15010", "channel_creds": [ { "type": "made-up" }, { "type": "insecure" } ],
                  "server_features": [ "xds_v3" ] }
              ],
              "node": {
                "id": "orders.shop/orders-1", "cluster": "orders",
                "metadata": { "LABELS": { "version": "v9", "team": "x" } },
                "locality": { "region": "eu", "zone": "eu-1" }
              },
              "server_listener_resource_name_template": "x%s"
            }
            """);
    MeshConfig config =
        MeshConfig.builder()
            .environment(
                Map.of(
                    "GRPC_XDS_BOOTSTRAP",
                    json.toString(),
                    "GRPC_XDS_BOOTSTRAP_CONFIG",
                    "never read"))
            .build();
    assertThat(config.controlServer()).isEqualTo("control:15010");
    assertThat(config.insecure()).isTrue();
    assertThat(config.service()).isEqualTo("orders");
    assertThat(config.namespace()).isEqualTo("shop");
    assertThat(config.instance()).isEqualTo("orders-1");
    assertThat(config.labels()).isEqualTo(Map.of("version", "v9", "team", "x", "app", "orders"));
    assertThat(config.locality()).isEqualTo(new Locality("eu", "eu-1", ""));
  }

  @Test
  void documentation_namesEverySetting() throws IOException {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(root.resolve("mesh-core"))) {
      root = java.util.Objects.requireNonNull(root.getParent());
    }
    String page = Files.readString(root.resolve("docs/client-configuration.md"));
    for (ConfigKey key : ConfigKey.values()) {
      assertThat(page)
          .contains(
              "| `"
                  + key.key()
                  + "` | `"
                  + key.variable()
                  + "` | "
                  + (key.unset() == null || key.unset().isEmpty() ? "–" : "`" + key.unset() + "`")
                  + " | "
                  + key.meaning()
                  + " |");
    }
  }

  @Test
  void defaults_areFilledIn() {
    MeshConfig config = minimal().version("v1").build();
    assertThat(config.namespace()).isEqualTo("default");
    assertThat(config.labels()).isEqualTo(Map.of("app", "web", "version", "v1"));
    assertThat(config.locality()).isEqualTo(Locality.UNKNOWN);
    assertThat(config.insecure()).isFalse();
    assertThat(config.token()).isNull();
    assertThat(config.domainSuffix()).isEqualTo("svc.cluster.local");
    assertThat(config.outboundTrafficPolicy()).isNull();
    assertThat(config.instance()).isNotEmpty().isNotEqualTo(minimal().build().instance());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "contol-server: c:1;mesh.yaml:1:1: unknown setting 'contol-server', did you mean"
            + " 'control-server'?",
        "service: a\\nservice: b;mesh.yaml:2:1: 'service' is set twice",
        "service:\\n  a: b;mesh.yaml:2:3: 'service' must be a single value",
        "- a;mesh.yaml:1:1: must be a mapping of settings",
        "labels: [a];mesh.yaml:1:9: 'labels' must be a mapping of labels",
        "insecure: yes;mesh.yaml:1:1: insecure: 'yes' is not accepted, expected true or false"
      })
  void badFile_saysWhereAndWhatIsExpected(String text, String message) throws IOException {
    Path file = file(text.replace("\\n", "\n"));
    assertThatThrownBy(() -> minimal().file(file).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void brokenYaml_saysWhere() throws IOException {
    Path file = file("service: a\nnamespace: 'b\n");
    assertThatThrownBy(() -> minimal().file(file).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(?s)mesh.yaml:[23]:.*")
        .hasMessageContaining("is no YAML");
  }

  @Test
  void missingFiles_areNamedWithWhoNamedThem() {
    assertThatThrownBy(
            () -> MeshConfig.builder().environment(Map.of("INMESH_CONFIG", "/nowhere/mesh.yaml")))
        .hasMessage("INMESH_CONFIG: '/nowhere/mesh.yaml' cannot be read (NoSuchFileException)");
    assertThatThrownBy(
            () -> MeshConfig.builder().environment(Map.of("GRPC_XDS_BOOTSTRAP", "/nowhere/b.json")))
        .hasMessage("GRPC_XDS_BOOTSTRAP: '/nowhere/b.json' cannot be read (NoSuchFileException)");
    assertThatThrownBy(
            () -> MeshConfig.builder().environment(Map.of("GRPC_XDS_BOOTSTRAP_CONFIG", "{")))
        .hasMessageStartingWith("GRPC_XDS_BOOTSTRAP_CONFIG: line 1 is no JSON");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "CONTROL_SERVER;http://c:1;host:port without a scheme",
        "CONTROL_SERVER;c;host:port, as in control.example:15012",
        "CONTROL_SERVER;c:99999;host:port, as in control.example:15012",
        "CONTROL_SERVER;:80;host:port, as in control.example:15012",
        "SERVICE;Orders;lower-case letters, digits and '-', at most 63",
        "NAMESPACE;a.b;lower-case letters, digits and '-', at most 63",
        "INSTANCE;a/b;letters, digits, '.', '_' and '-'",
        "ADDRESS;localhost;an IP address",
        "LABELS;novalue;key=value,key=value",
        "LOCALITY;a/b/c/d;region/zone/subzone",
        "WEIGHT;0;a number from 1",
        "INSECURE;maybe;true or false",
        "OUTBOUND_TRAFFIC_POLICY;open;REGISTRY_ONLY or ALLOW_ANY",
        "READY_TIMEOUT;15;a duration such as 500ms, 15s or 2m"
      })
  void badValue_saysWhichSettingAndWhatIsExpected(ConfigKey key, String value, String expected) {
    Map<String, String> environment = new HashMap<>();
    environment.put("INMESH_CONTROL_SERVER", "c:1");
    environment.put("INMESH_SERVICE", "web");
    environment.put(key.variable(), value);
    assertThatThrownBy(() -> MeshConfig.builder().environment(environment).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "environment variable "
                + key.variable()
                + ": '"
                + value
                + "' is not accepted, expected "
                + expected);
  }

  @Test
  void missingSetting_saysHowToSetIt() {
    assertThatThrownBy(() -> MeshConfig.builder().service("web").build())
        .hasMessage(
            "control-server is not set: host:port of the control server; set"
                + " INMESH_CONTROL_SERVER, 'control-server' in the file, or the builder's");
  }

  @Test
  void secureMode_withoutToken_isRefused() {
    MeshConfig config = minimal().build();
    assertThatThrownBy(() -> Mesh.start(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("INMESH_TOKEN")
        .hasMessageContaining("INMESH_INSECURE=true");
    assertThatThrownBy(() -> Mesh.start(minimal().token("s3cr3t").build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("INMESH_TOKEN is no join token")
        .hasMessageNotContaining("s3cr3t");
  }

  @Test
  void tokenFile_thatHoldsNone_isRefusedByItsName() throws IOException {
    Path none = directory.resolve("none");
    assertThatThrownBy(() -> Mesh.start(minimal().tokenFile(none).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token-file " + none + ": cannot be read");
    Path other = Files.writeString(directory.resolve("other"), "s3cr3t");
    assertThatThrownBy(() -> Mesh.start(minimal().tokenFile(other).build()))
        .hasMessageContaining("token-file " + other + " is no join token")
        .hasMessageNotContaining("s3cr3t");
  }

  @Test
  void projectedTokenFile_withoutThePinsOfTheRoots_isRefused() {
    Path file = Path.of("/var/run/secrets/inmesh/token");
    assertThatThrownBy(() -> minimal().kubernetesTokenFile(file).build())
        .hasMessageContaining("kubernetes-token-file needs root-pins");
    assertThatThrownBy(() -> minimal().oidcTokenFile(file).rootPins(Set.of("beef")).build())
        .hasMessageContaining("64 hex digits");
  }

  @Test
  void token_isNeverShown() {
    assertThat(built().toString())
        .doesNotContain("s3cr3t")
        .isEqualTo(
            "MeshConfig[orders.shop/orders-7 at control.example:15010, insecure, with a token]");
    assertThat(built().token()).isEqualTo("s3cr3t");
  }
}
