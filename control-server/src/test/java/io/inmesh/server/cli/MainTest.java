package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Exit codes and messages, in this process. */
class MainTest {
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders}
      spec:
        selector: {app: orders}
        ports: [{name: http, port: 80}]
      """;

  @TempDir Path dir;

  private record Result(int exit, String out, String err) {}

  private static Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int exit = Main.run(new PrintWriter(out), new PrintWriter(err), args);
    return new Result(exit, out.toString(), err.toString());
  }

  @Test
  void help_everyCommand_exitsZeroAndNamesItsOptions() {
    assertThat(run("--help").out())
        .contains("serve", "validate", "clients", "services", "completion", "Exit codes:");
    assertThat(run("serve", "--help").out())
        .contains("--config", "--xds", "--admin", "--state", "--strict", "--insecure")
        .contains("--ready-file", "127.0.0.1:15010", "127.0.0.1:15014", "$XDG_STATE_HOME");
    for (String command : List.of("serve", "validate", "clients", "services", "completion")) {
      assertThat(run(command, "--help").exit()).as(command).isZero();
    }
  }

  @Test
  void version_isPrinted() {
    Result result = run("--version");
    assertThat(result.exit()).isZero();
    assertThat(result.out()).startsWith("inmesh ");
  }

  @Test
  void usage_wrong_exitsTwoWithOneClearMessage() {
    assertThat(run()).matches(r -> r.exit() == 2 && r.err().startsWith("inmesh: which command?"));
    assertThat(run("servce").err()).contains("servce").contains("serve");
    assertThat(run("servce").exit()).isEqualTo(2);
    assertThat(run("serve").err()).startsWith("inmesh: Missing required option: '--config=DIR'");
    assertThat(run("serve", "--config", dir.toString(), "--xds", "15010").err())
        .contains("'15010' is not HOST:PORT");
    assertThat(run("serve", "--config", dir.toString(), "--xds", "127.0.0.1:99999").err())
        .contains("is not in 0 to 65535");
    assertThat(run("serve", "--config", dir.toString(), "--xds", "::1:15010").err())
        .contains("as [ADDRESS]");
    assertThat(run("services", "-o", "xml").exit()).isEqualTo(2);
  }

  @Test
  void identityCommands_saysHowTheyAreUsed() {
    assertThat(run("token", "create", "--help").out())
        .contains("--service-account", "--uses", "--ttl", "--network", "--server");
    assertThat(run("ca", "--help").out()).contains("prepare", "activate", "taint", "revoke");
    assertThat(run("identity", "--help").out()).contains("ban", "unban");
    assertThat(run("token", "create").exit()).isEqualTo(2);
    assertThat(run("token", "create", "--service-account", "a", "--ttl", "soon").err())
        .contains("'soon' is no duration");
  }

  @Test
  void serve_insecureBeyondLoopback_isRefused() {
    Result result =
        run("serve", "--config", dir.toString(), "--insecure", "--xds", "0.0.0.0:15010");
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("--xds 0.0.0.0:15010").contains("only loopback");
  }

  @Test
  void serve_noSuchDirectory_exitsTwo() {
    Result result = run("serve", "--config", dir.resolve("none").toString(), "--insecure");
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains(dir.resolve("none") + ": no such directory");
  }

  @Test
  void serve_portInUse_exitsOneWithOneClearMessage() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String address = "127.0.0.1:" + taken.getLocalPort();
      Result result = serve("--xds", address, "--admin", "127.0.0.1:0");
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.err()).startsWith("inmesh: --xds " + address + ": cannot listen there");
      assertThat(result.err().lines()).hasSize(1);
      assertThat(serve("--xds", "127.0.0.1:0", "--admin", address).err())
          .startsWith("inmesh: --admin " + address + ": cannot listen there");
    }
  }

  private Result serve(String... more) {
    return run(
        Stream.concat(
                Stream.of(
                    "serve",
                    "--config",
                    dir.toString(),
                    "--insecure",
                    "--state",
                    dir.resolve("state").toString()),
                Stream.of(more))
            .toArray(String[]::new));
  }

  @Test
  void serve_strictWithErrors_isRefusedNamingThem() throws Exception {
    Files.writeString(dir.resolve("bad.yaml"), SERVICE.replace("selector", "selektor"));
    Result result = serve("--xds", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--strict");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .contains("--strict: the configuration has errors")
        .contains("bad.yaml:5:3")
        .contains("selektor")
        .contains("selector");
  }

  @Test
  void validate_good_exitsZero() throws Exception {
    Files.writeString(dir.resolve("good.yaml"), SERVICE);
    Result result = run("validate", dir.toString());
    assertThat(result.exit()).isZero();
    assertThat(result.out()).isEqualTo("1 valid object, 0 errors, 0 warnings\n");
  }

  @Test
  void validate_bad_exitsOneWithPositions() throws Exception {
    Files.writeString(dir.resolve("bad.yaml"), SERVICE.replace("selector", "selektor"));
    Result result = run("validate", dir.toString());
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).contains("bad.yaml:5:3: error IM1203").contains("1 error");

    Result json = run("validate", "--json", dir.toString());
    assertThat(json.exit()).isEqualTo(1);
    JsonNode answer = JsonMapper.builder().build().readTree(json.out());
    assertThat(answer.path("valid").asBoolean()).isFalse();
    assertThat(answer.path("findings").path(0).path("line").asInt()).isEqualTo(5);
    assertThat(answer.path("findings").path(0).path("file").asString()).isEqualTo("bad.yaml");
  }

  @Test
  void validate_noSuchDirectory_exitsTwo() {
    assertThat(run("validate", dir.resolve("none").toString()).exit()).isEqualTo(2);
    assertThat(run("validate").exit()).isEqualTo(2);
  }

  @Test
  void servicesAndClients_ofARunningServer_arePrinted() throws Exception {
    Files.writeString(dir.resolve("good.yaml"), SERVICE);
    try (ControlServer server = ControlServer.start(ControlServerOptions.loopback(dir))) {
      String admin = "http://" + HostPort.text(server.adminAddress());
      Result table = run("services", "--admin", admin);
      assertThat(table.exit()).as(table.err()).isZero();
      assertThat(table.out().lines())
          .anyMatch(line -> line.matches("HOST +PORT +ENDPOINTS +HEALTH +VERSIONS"))
          .anyMatch(line -> line.matches("orders\\.default\\.svc\\.cluster\\.local +80 +0 .*"));
      Result json = run("services", "--admin", admin, "-o", "json");
      assertThat(JsonMapper.builder().build().readTree(json.out()).path("services")).hasSize(1);
      assertThat(run("clients", "--admin", admin).out()).startsWith("CLIENT");
    }
  }

  @Test
  void services_noServer_exitsOneAndSaysWhere() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Result result = run("services", "--admin", "http://127.0.0.1:" + port);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err())
        .startsWith("inmesh: cannot reach a control server's admin port at http://127.0.0.1:");
    assertThat(run("services", "--admin", "15014").exit()).isEqualTo(2);
  }

  @Test
  void completion_isAScriptForThisCommand() {
    Result result = run("completion");
    assertThat(result.exit()).isZero();
    assertThat(result.out()).contains("inmesh").contains("complete ").contains("--ready-file");
  }

  @Test
  void stateDirectory_byDefault_isPerUserAndConfiguration() {
    Path one = StateDirectory.of(Path.of("/etc/mesh"), Map.of(), "/home/u");
    Path two = StateDirectory.of(Path.of("/srv/mesh"), Map.of(), "/home/u");
    assertThat(one).startsWithRaw(Path.of("/home/u/.local/state/inmesh")).isNotEqualTo(two);
    assertThat(StateDirectory.of(Path.of("/etc/mesh"), Map.of("XDG_STATE_HOME", "/x"), "/home/u"))
        .startsWithRaw(Path.of("/x/inmesh"));
    assertThat(StateDirectory.of(Path.of("/etc/mesh"), Map.of("INMESH_STATE_DIR", "/s"), "/home/u"))
        .isEqualTo(Path.of("/s"));
  }
}
