package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.AdminRoots;
import io.inmesh.server.ca.AdminSecrets;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.RootKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** How commands, scrapers and browsers know the admin port of a server with identities. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AdminTlsTest {
  private Path dir;
  private Path state;
  private ControlServer server;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    dir = directory;
    state = directory.resolve("state");
    server =
        ControlServer.start(ControlServerOptions.loopback().withInsecure(false).withState(state));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private record Result(int exit, String out, String err) {}

  private Result run(String command, String... options) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    String[] args =
        Stream.concat(
                Stream.of(command.split(" ", -1)),
                Stream.concat(Stream.of("--admin", url("https")), Stream.of(options)))
            .toArray(String[]::new);
    int exit = Main.run(new PrintWriter(out), new PrintWriter(err), args);
    return new Result(exit, out.toString(), err.toString());
  }

  private String url(String scheme) {
    return scheme + "://" + HostPort.text(server.adminAddress());
  }

  @Test
  void command_knowsItByTheRootsBesideTheSecret_orByThoseNamed() {
    Path secret = AdminSecrets.file(state, AdminRole.OPERATOR);
    Result listed = run("token list", "--admin-secret", secret.toString());
    assertThat(listed.exit()).as(listed.err()).isZero();
    Result seen = run("services", "--admin-roots", AdminRoots.file(state).toString());
    assertThat(seen.exit()).as(seen.err()).isZero();
  }

  @Test
  void command_isNotAnsweredByAnotherServer() throws Exception {
    Path other = dir.resolve("other");
    RootKey.setUp(CaOptions.DEFAULTS, other, dir.resolve("other-key.pem"), "correct horse");
    Path root;
    try (Stream<Path> files = Files.walk(other.resolve("ca"))) {
      root = files.filter(file -> file.endsWith("root.pem")).findFirst().orElseThrow();
    }
    Result refused = run("services", "--admin-roots", root.toString());
    assertThat(refused.exit()).isEqualTo(1);
    assertThat(refused.err()).contains("cannot reach", "leads to root", "for another");
  }

  @Test
  void plaintext_isNotAnswered() {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url("http") + "/healthz")).build();
    assertThatThrownBy(
            () -> HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()))
        .isInstanceOf(IOException.class);
    Result command = run("services", "--admin", url("http"));
    assertThat(command.exit()).isNotZero();
  }

  /** What curl --cacert, Prometheus and browsers do. */
  @Test
  void stockTool_knowsItByRootsAndHostName_alsoAfterTheRootWasReplaced() throws Exception {
    assertThat(health("localhost")).isEqualTo(200);
    assertThat(health("127.0.0.1")).isEqualTo(200);

    List<String> secret =
        List.of("--admin-secret", AdminSecrets.file(state, AdminRole.CA).toString());
    Result prepared = run("ca prepare", secret.toArray(String[]::new));
    assertThat(prepared.exit()).as(prepared.err()).isZero();
    Result activated = run("ca activate " + prepared.out().strip(), secret.toArray(String[]::new));
    assertThat(activated.exit()).as(activated.err()).isZero();
    assertThat(health("localhost")).isEqualTo(200);
  }

  private int health(String host) throws Exception {
    KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
    roots.load(null, null);
    try (InputStream pem = Files.newInputStream(AdminRoots.file(state))) {
      for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        roots.setCertificateEntry("root-" + roots.size(), root);
      }
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(roots);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    URI uri = URI.create("https://" + host + ":" + server.adminAddress().getPort() + "/healthz");
    return HttpClient.newBuilder()
        .sslContext(tls)
        .build()
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .statusCode();
  }
}
