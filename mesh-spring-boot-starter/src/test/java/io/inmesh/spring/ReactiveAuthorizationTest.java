package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshPeer;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.AccessPolicy;
import io.inmesh.model.AccessRules;
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
import io.opentelemetry.context.Context;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The reactive filter in a real server. */
class ReactiveAuthorizationTest {
  private static final FakeMesh ENGINE = new FakeMesh();
  private static final List<String> HANDLED = new CopyOnWriteArrayList<>();
  private static final DisposableServer SERVER = start();

  private static DisposableServer start() {
    ENGINE.update(
        Snapshots.builder()
            .server(
                new ServerListener(
                    8080,
                    new RouteConfig("inbound", List.of(), HeaderChanges.NONE, Map.of(), List.of()),
                    List.of(denyAdmin()),
                    ServerTlsPolicy.DISABLED,
                    new PathPolicy(true, true, EscapedSlashes.REFUSE))));
    return HttpServer.create()
        .host("127.0.0.1")
        .port(0)
        .handle(
            new ReactorHttpHandlerAdapter(
                WebHttpHandlerBuilder.webHandler(ReactiveAuthorizationTest::handle)
                    .httpHandlerDecorator(
                        handler -> new MeshHttpHandler(new EngineOnly(ENGINE), handler))
                    .build()))
        .bindNow();
  }

  private static Mono<Void> handle(ServerWebExchange exchange) {
    return Mono.deferContextual(
        view -> {
          ServerHttpRequest request = exchange.getRequest();
          HANDLED.add(request.getURI().getRawPath());
          boolean known =
              view.get(Context.class).wrapSupplier(() -> MeshPeer.current().isPresent()).get();
          String answer =
              "peer "
                  + known
                  + ", client certificate "
                  + request.getHeaders().getFirst("x-forwarded-client-cert")
                  + ", query "
                  + request.getURI().getRawQuery();
          byte[] body = answer.getBytes(StandardCharsets.UTF_8);
          return exchange
              .getResponse()
              .writeWith(Mono.just(exchange.getResponse().bufferFactory().wrap(body)));
        });
  }

  @AfterAll
  static void stop() {
    SERVER.disposeNow();
  }

  @BeforeEach
  void forget() {
    HANDLED.clear();
  }

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

  /** A request as it is written here, not as a client would make it; the answer. */
  private static String answer(String target) throws IOException {
    return answer(target, "text/plain");
  }

  private static String answer(String target, String type) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), SERVER.port())) {
      socket.setSoTimeout(30_000);
      String request =
          "GET "
              + target
              + " HTTP/1.1\r\nHost: shop\r\nX-Forwarded-Client-Cert: URI=spiffe://a/ns/b/sa/c"
              + "\r\nContent-Type: "
              + type
              + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  @Test
  void allowedRequest_isHandledWithItsPeer_withoutForgedIdentity() throws IOException {
    assertThat(answer("/items?x=%2f"))
        .startsWith("HTTP/1.1 200")
        .contains("peer true, client certificate null, query x=%2f");
    assertThat(HANDLED).containsExactly("/items");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/items/../other", "//other", "/./other", "/%6fther"})
  void handler_seesThePathThatWasJudged(String target) throws IOException {
    assertThat(answer(target)).startsWith("HTTP/1.1 200");
    assertThat(HANDLED).containsExactly("/other");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/admin",
        "/admin/users?x=1",
        "/admin;x=1",
        "/items/../admin",
        "//admin",
        "/%61dmin",
        "/./admin",
        "/%2e/admin",
        "http://elsewhere/admin"
      })
  void deniedPath_isRefusedInEveryDisguise(String target) throws IOException {
    assertThat(answer(target)).startsWith("HTTP/1.1 403").contains("RBAC: access denied");
    assertThat(HANDLED).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/items/..;/admin",
        "/items/..%2fadmin",
        "/%252e%252e/admin",
        "/items%00",
        "/x\\..\\admin"
      })
  void ambiguousPath_isNotHandled(String target) throws IOException {
    assertThat(answer(target)).startsWith("HTTP/1.1 40");
    assertThat(HANDLED).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/%61dmin", "//admin", "/admin;x=1", "/items/../admin"})
  void contentThatClaimsToBeGrpc_isJudgedByTheSamePath(String target) throws IOException {
    assertThat(answer(target, "application/grpc")).startsWith("HTTP/1.1 403");
    assertThat(HANDLED).isEmpty();
  }
}
