package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Mesh;
import io.inmesh.MeshPeer;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
import io.inmesh.model.Cidr;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.HeaderChanges;
import io.inmesh.model.PathPolicy;
import io.inmesh.model.PathPolicy.EscapedSlashes;
import io.inmesh.model.RouteConfig;
import io.inmesh.model.ServerListener;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.StringMatch;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.Snapshots;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** The servlet filter in a real container, with a context path. */
class ServletAuthorizationTest {
  private static final FakeMesh ENGINE = new FakeMesh();
  private static final List<String> HANDLED = new CopyOnWriteArrayList<>();
  private static final ConfigurableApplicationContext APPLICATION = start();

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class Application {
    @Bean
    Mesh mesh() {
      return new EngineOnly(ENGINE);
    }

    @Bean
    Handler handler() {
      return new Handler();
    }
  }

  @RestController
  static class Handler {
    @RequestMapping("/forward")
    void forward(HttpServletRequest request, HttpServletResponse response) throws Exception {
      HANDLED.add(request.getRequestURI());
      request.getRequestDispatcher("/" + request.getParameter("to")).forward(request, response);
    }

    @RequestMapping("/include")
    void include(HttpServletRequest request, HttpServletResponse response) throws Exception {
      HANDLED.add(request.getRequestURI());
      request.getRequestDispatcher("/" + request.getParameter("to")).include(request, response);
    }

    @RequestMapping("/async")
    void async(HttpServletRequest request) {
      HANDLED.add(request.getRequestURI());
      request.startAsync().dispatch("/" + request.getParameter("to"));
    }

    @RequestMapping("/**")
    String handle(HttpServletRequest request) {
      HANDLED.add(request.getRequestURI());
      return "peer " + MeshPeer.current().map(peer -> peer.spiffeId() == null).orElse(false);
    }
  }

  private static ConfigurableApplicationContext start() {
    ENGINE.update(
        Snapshots.builder()
            .server(
                new ServerListener(
                    8080,
                    new RouteConfig("inbound", List.of(), HeaderChanges.NONE, Map.of(), List.of()),
                    List.of(denyAdmin()),
                    ServerTlsPolicy.DISABLED,
                    new PathPolicy(true, true, EscapedSlashes.REFUSE))));
    return SpringApplication.run(
        Application.class,
        "--server.port=0",
        "--server.servlet.context-path=/shop",
        "--spring.main.cloud-platform=kubernetes",
        "--inmesh.registration.enabled=false",
        "--inmesh.service=orders",
        "--spring.main.banner-mode=off",
        // It would take Reactor's threads along when it ends.
        "--spring.autoconfigure.exclude=org.springframework.boot.http.client.autoconfigure.reactive"
            + ".ReactiveHttpClientAutoConfiguration",
        "--logging.level.root=WARN");
  }

  @AfterAll
  static void stop() {
    APPLICATION.close();
  }

  @BeforeEach
  void forget() {
    HANDLED.clear();
  }

  private static FilterConfig denyAdmin() {
    return new FilterConfig(
        "deny",
        "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
        false,
        new AccessControl(
            new AccessRules(
                AccessRules.Action.DENY,
                List.of(
                    new AccessPolicy(
                        "admin",
                        new AccessMatch.Path(new StringMatch.Prefix("/shop/admin", false)),
                        new AccessMatch.Always()),
                    new AccessPolicy(
                        "here",
                        new AccessMatch.Path(new StringMatch.Exact("/shop/elsewhere", false)),
                        new AccessMatch.PeerIp(new Cidr(InetAddress.getLoopbackAddress(), 8))))),
            null,
            ""));
  }

  /** A request as it is written here, not as a client would make it; the answer. */
  private static String answer(String target) throws IOException {
    return answer(target, "");
  }

  /** The same with more fields, each with its end of line. */
  private static String answer(String target, String fields) throws IOException {
    int port = APPLICATION.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(30_000);
      String request =
          "GET " + target + " HTTP/1.1\r\nHost: shop\r\n" + fields + "Connection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static int status(String target) throws IOException {
    return Integer.parseInt(answer(target).substring(9, 12));
  }

  @Test
  void allowedRequest_isHandledWithItsPeer() throws IOException {
    assertThat(answer("/shop/items?x=%2f")).startsWith("HTTP/1.1 200").endsWith("peer true");
    assertThat(HANDLED).containsExactly("/shop/items");
  }

  /** Boot takes it for a cluster, and would have the container believe the field. */
  @Test
  void forwardedAddress_isNotThePeers() throws IOException {
    assertThat(answer("/shop/elsewhere", "X-Forwarded-For: 203.0.113.7\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(HANDLED).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"forward", "async"})
  void requestThatIsHandedOn_isDecidedByItsNewPath(String how) throws IOException {
    assertThat(answer("/shop/" + how + "?to=items")).startsWith("HTTP/1.1 200").endsWith("true");
    HANDLED.clear();
    assertThat(answer("/shop/" + how + "?to=admin"))
        .startsWith("HTTP/1.1 403")
        .contains("RBAC: access denied");
    assertThat(status("/shop/" + how + "?to=admin;x=1")).isBetween(400, 404);
    assertThat(HANDLED).containsOnly("/shop/" + how);
  }

  @Test
  void whatIsIncluded_isDecidedByItsPath() throws IOException {
    assertThat(answer("/shop/include?to=items")).startsWith("HTTP/1.1 200").contains("peer true");
    HANDLED.clear();
    assertThat(answer("/shop/include?to=admin")).startsWith("HTTP/1.1 200").doesNotContain("peer");
    assertThat(HANDLED).containsExactly("/shop/include");
  }

  @ParameterizedTest
  @CsvSource({
    "/shop/admin, 403",
    "/shop/admin/users?x=1, 403",
    "/shop/admin;x=1, 403",
    "/shop/items/../admin, 403",
    "/shop//admin, 403",
    "/shop/%61dmin, 403",
    "/shop/./admin, 403",
    "/shop/%2e/admin, 403"
  })
  void deniedPath_isRefusedInEveryDisguise(String target, int status) throws IOException {
    assertThat(status(target)).isEqualTo(status);
    assertThat(HANDLED).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/shop/items/..;/admin",
        "/shop/items/..%2fadmin",
        "/shop/%252e%252e/admin",
        "/shop/;/admin",
        "/shop/items/../other",
        "/shop//items",
        "/shop/items%00",
        "/shop/x\\..\\admin"
      })
  void pathThatContainersReadDifferently_isNotHandled(String target) throws IOException {
    assertThat(status(target)).isBetween(400, 404);
    assertThat(HANDLED).isEmpty();
  }

  /** The application would cut the context path off by its length as it came: {@code /admin}. */
  @ParameterizedTest
  @ValueSource(strings = {"/%73%68%6f%70/1234567/admin", "/%73hop/items"})
  void contextPathOfAnotherLength_isRefused(String target) throws IOException {
    assertThat(answer(target))
        .startsWith("HTTP/1.1 400")
        .contains("the path is not in its normal form");
    assertThat(HANDLED).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/shop/caf%c3%a9, /shop/caf%C3%A9",
    "/shop/%69tems?x=%2f, /shop/items",
    "/shop/a%2db%3a, /shop/a-b%3A",
    "/shop/%41dmin, /shop/Admin"
  })
  void escapes_makeNoOtherPath(String target, String handled) throws IOException {
    assertThat(answer(target)).startsWith("HTTP/1.1 200");
    assertThat(HANDLED).containsExactly(handled);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/shop/%61dmin", "/shop//admin", "/shop/admin;x=1", "/shop/x/../admin"})
  void contentThatClaimsToBeGrpc_isJudgedByTheSamePath(String target) throws IOException {
    assertThat(answer(target, "Content-Type: application/grpc\r\n")).startsWith("HTTP/1.1 403");
    assertThat(HANDLED).isEmpty();
  }
}
