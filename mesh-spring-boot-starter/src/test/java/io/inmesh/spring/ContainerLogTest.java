package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.engine.EngineSettings;
import io.inmesh.control.ManualClock;
import io.inmesh.filter.jwt.JwtFilterFactory;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.Fraction;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtRequirement;
import io.inmesh.model.PathMatch;
import io.inmesh.model.RouteMatch;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Snapshots;
import io.inmesh.testing.TestIssuer;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/** Requests that the filters in Tomcat and Reactor Netty refuse: what they carry is in no log. */
class ContainerLogTest {
  private static final String SECRET = "hunter2";
  private static final Logger OURS = Logger.getLogger("io.inmesh");

  /** What the mesh logs, at any level. */
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private final Handler recorder =
      new Handler() {
        @Override
        public void publish(LogRecord entry) {
          lines.add(
              entry.getMessage() + Arrays.toString(entry.getParameters()) + entry.getThrown());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class Application {}

  private static FilterConfig denyAdmin() {
    AccessPolicy admin =
        new AccessPolicy(
            "admin",
            new AccessMatch.Path(new StringMatch.Prefix("/admin", false)),
            new AccessMatch.Always());
    return new FilterConfig(
        "deny",
        "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
        false,
        new AccessControl(new AccessRules(AccessRules.Action.DENY, List.of(admin)), null, ""));
  }

  private static FilterConfig needToken() {
    JwtProvider provider =
        new JwtProvider(
            "https://issuer",
            List.of(),
            null,
            false,
            null,
            Duration.ZERO,
            new JwtProvider.Keys.Inline(TestIssuer.jwks(TestIssuer.ec("key", 256))),
            List.of(),
            List.of(),
            List.of("session"),
            false,
            "",
            "",
            List.of(),
            List.of(),
            0);
    RouteMatch all =
        new RouteMatch(new PathMatch.Prefix("/", true), List.of(), List.of(), false, Fraction.ALL);
    return new FilterConfig(
        "jwt",
        JwtFilterFactory.TYPE,
        false,
        new JwtAuthentication(
            Map.of("p", provider),
            List.of(new JwtAuthentication.Rule(all, new JwtRequirement.Provider("p", List.of()))),
            Map.of(),
            true,
            false));
  }

  private static FakeMesh mesh() {
    JwtFilterFactory tokens =
        new JwtFilterFactory(
            new ManualClock(), (uri, timeout) -> new CompletableFuture<>(), OpenTelemetry.noop());
    FakeMesh mesh =
        new FakeMesh(
            EngineSettings.insecure("orders", "default"), builder -> builder.filter(tokens));
    mesh.update(Snapshots.builder().server(8080, denyAdmin(), needToken()));
    return mesh;
  }

  /** With a secret wherever there is room for one. */
  private static String request(String path) {
    return """
    POST %1$s?access_token=%2$s HTTP/1.1
    Host: orders
    Authorization: Bearer %2$s
    Cookie: session=%2$s
    X-Api-Key: %2$s
    Content-Type: text/plain
    Content-Length: %3$d
    Connection: close

    %2$s\
    """
        .formatted(path, SECRET, SECRET.length())
        .replace("\n", "\r\n");
  }

  @ParameterizedTest
  @EnumSource(names = {"SERVLET", "REACTIVE"})
  void refused_isLogged_withoutWhatItCarries(WebApplicationType type) throws Exception {
    try (BootServer server = new BootServer(type, new EngineOnly(mesh()), Application.class)) {
      OURS.setLevel(Level.ALL);
      OURS.addHandler(recorder);
      assertThat(server.answer(request("/admin"))).startsWith("HTTP/1.1 403");
      assertThat(server.answer(request("/orders"))).startsWith("HTTP/1.1 401");
    } finally {
      OURS.removeHandler(recorder);
      OURS.setLevel(null);
    }
    assertThat(lines)
        .anyMatch(
            line -> line.startsWith("POST /admin from a peer without identity refused: admin"))
        .anyMatch(line -> line.startsWith("POST /orders from a peer without identity refused: Jwt"))
        .noneMatch(line -> line.contains(SECRET));
  }
}
