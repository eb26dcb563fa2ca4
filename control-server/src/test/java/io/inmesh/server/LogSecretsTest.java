package io.inmesh.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.ServicePort;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.MeshCa;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Everything that both sides log at the finest level, of joining, failing and rotating. */
class LogSecretsTest {
  private static final String PASSPHRASE = "correct-horse-battery";

  @TempDir Path state;
  private final Logger logger = Logger.getLogger("io.inmesh");
  private final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();
  private final Handler capture =
      new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord line) {
          lines.add(formatter.format(line));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    capture.setLevel(Level.ALL);
    logger.setLevel(Level.ALL);
    logger.addHandler(capture);
    logger.setUseParentHandlers(false);
  }

  @AfterEach
  void stopListening() {
    logger.setUseParentHandlers(true);
    logger.removeHandler(capture);
    logger.setLevel(null);
  }

  @Test
  void logs_ofAWholeLife_haveNoSecret() throws Exception {
    String used;
    String wrong;
    List<String> adminSecrets = new ArrayList<>();
    CaOptions options = CaOptions.DEFAULTS.withPassphrase(Optional.of(PASSPHRASE));
    try (ControlServer server =
        ControlServer.start(
            ControlServerOptions.loopback().withInsecure(false).withState(state).withCa(options))) {
      MeshCa ca = Objects.requireNonNull(server.ca());
      for (AdminRole role : AdminRole.values()) {
        adminSecrets.add(ca.adminSecrets().secret(role));
      }
      used = ca.joinToken("default", "web", 1, Duration.ofMinutes(5));
      wrong = used.replaceFirst("\\.[^.]*", ".AAAAguessedguessedguessedAAAA0000");
      try (Mesh web = join(server, used);
          Mesh refused = join(server, wrong)) {
        web.register(ServicePort.http(8080))
            .whenRegistered()
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
        Eventually.awaitUnready(refused, "the join token is not accepted");
        assertThat(Eventually.unreadiness(refused)).doesNotContain(secret(wrong));
        ca.rotation().prepare();
        askWith(server, ca.adminSecrets().secret(AdminRole.OPERATOR));
        askWith(server, "guessed-admin-secret");
      }
    }
    String log = String.join("\n", lines);
    assertThat(log).as("something was logged").contains("INFO", "FINE");
    assertThat(log)
        .doesNotContain(secret(used), secret(wrong), PASSPHRASE, "guessed-admin-secret")
        .doesNotContain(adminSecrets.toArray(String[]::new))
        .doesNotContain("PRIVATE KEY");
  }

  private static String secret(String token) {
    return token.split("\\.", -1)[1];
  }

  private static Mesh join(ControlServer server, String token) {
    return Mesh.start(
        MeshConfig.builder()
            .controlServer("localhost:" + server.xdsAddress().getPort())
            .service("web")
            .token(token)
            .build());
  }

  private static void askWith(ControlServer server, String secret) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("https://127.0.0.1:" + server.adminAddress().getPort() + "/v1/tokens"))
            .header("Authorization", "Bearer " + secret)
            .build();
    HttpResponse<String> unused =
        AdminHttp.client(server).send(request, HttpResponse.BodyHandlers.ofString());
  }
}
