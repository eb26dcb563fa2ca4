package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command as a process of its own, killed and stopped. */
class ServeProcessTest {
  @TempDir Path dir;
  private final List<Process> processes = new ArrayList<>();

  @AfterEach
  void leaveNoProcess() {
    processes.forEach(Process::destroyForcibly);
  }

  private Process start() throws Exception {
    Path config = Files.createDirectories(dir.resolve("config"));
    Files.deleteIfExists(dir.resolve("ready.json"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "serve",
                "--config",
                config.toString(),
                "--state",
                dir.resolve("state").toString(),
                "--xds",
                "127.0.0.1:0",
                "--admin",
                "127.0.0.1:0",
                "--ready-file",
                dir.resolve("ready.json").toString(),
                "--insecure")
            .redirectError(ProcessBuilder.Redirect.appendTo(dir.resolve("err.log").toFile()))
            .start();
    processes.add(process);
    return process;
  }

  private static String readyLine(Process process) throws Exception {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    return line == null ? "" : line;
  }

  @Test
  void kill_andRestart_keepsTheRegistry() throws Exception {
    Process first = start();
    assertThat(readyLine(first))
        .matches(
            "inmesh control server ready: xds 127\\.0\\.0\\.1:\\d+ \\(plaintext, --insecure\\), "
                + "admin http://127\\.0\\.0\\.1:\\d+, config .*/config, \\d+ resources, "
                + "0 findings");
    HttpResponse<String> put =
        send(
            "PUT",
            "/v1/instances/default/orders/a",
            "{\"ports\":[{\"instancePort\":8080}],\"ttl\":\"60s\"}");
    assertThat(put.statusCode()).as(put.body()).isEqualTo(200);

    first.destroyForcibly();
    assertThat(first.waitFor(40, TimeUnit.SECONDS)).isTrue();
    Process second = start();
    assertThat(readyLine(second)).startsWith("inmesh control server ready");

    JsonNode instances =
        JsonMapper.builder()
            .build()
            .readTree(send("GET", "/v1/instances", "").body())
            .path("instances");
    assertThat(instances).hasSize(1);
    assertThat(instances.path(0).path("id").asString()).isEqualTo("a");
    assertThat(instances.path(0).path("lease").asString()).isEqualTo("SUSPECT");
    assertThat(send("GET", "/debug/resources?type=eds", "").body())
        .contains("outbound|80||orders.default.svc.cluster.local");

    second.destroy();
    assertThat(second.waitFor(40, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(dir.resolve("err.log")))
        .doesNotContain("WARNING", "SEVERE", "Exception");
  }

  private HttpResponse<String> send(String method, String path, String body) throws Exception {
    JsonNode ready = JsonMapper.builder().build().readTree(dir.resolve("ready.json").toFile());
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(ready.path("admin").asString() + path))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json");
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
