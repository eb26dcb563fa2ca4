package io.inmesh.spring;

import static io.inmesh.spring.Containers.field;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.call.ResponseHead;
import io.inmesh.filter.Ending;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.model.FilterConfig;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The mesh changes the heads of responses, in whatever way a container comes to write them. */
@Timeout(60)
class ServedResponseTest {
  private static final String PAGE = "https://www.example.com";

  /** Keeps count, and changes what it sees. */
  private static final class Watch implements FilterFactory, MeshFilter {
    final List<Integer> responses = new CopyOnWriteArrayList<>();
    final List<Integer> endings = new CopyOnWriteArrayList<>();

    @Override
    public String typeUrl() {
      return "type.googleapis.com/acme.Watch";
    }

    @Override
    public MeshFilter create(FilterConfig config, Side side) {
      return this;
    }

    @Override
    public Step onRequest(FilterCall call) {
      return Step.NEXT;
    }

    @Override
    public void onResponse(FilterCall call, ResponseHead response) {
      responses.add(response.status());
      response.headers().set("x-watched", "yes");
      response.headers().remove("x-secret");
    }

    @Override
    public void onEnd(FilterCall call, Ending ending) {
      endings.add(ending.status());
    }
  }

  private static final Watch WATCH = new Watch();
  private static Containers containers;

  @BeforeAll
  static void start() throws Exception {
    containers = new Containers(config -> config.filter(WATCH));
  }

  @AfterAll
  static void stop() throws Exception {
    containers.close();
  }

  private static final String CORS =
      """
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: %s}
      spec:
        parentRefs: [{group: "", kind: Service, name: %s}]
        rules:
        - filters:
          - type: CORS
            cors: {allowOrigins: ['https://www.example.com'], exposeHeaders: [x-made]}
          backendRefs: [{name: %s, port: 80}]
      """;

  private static Stream<Arguments> cases(Container container, Object... pathsAndStatuses) {
    return Stream.iterate(0, i -> i < pathsAndStatuses.length, i -> i + 2)
        .map(i -> Arguments.of(container, pathsAndStatuses[i], pathsAndStatuses[i + 1]));
  }

  static Stream<Arguments> everyResponse() {
    Object[] both = {
      "/raw/plain",
      200,
      "/raw/late",
      200,
      "/raw/empty",
      204,
      "/raw/large",
      200,
      "/raw/error",
      410,
      "/raw/throw",
      500,
      "/raw/redirect",
      302,
      "/raw/async",
      200,
      "/raw/flush",
      200,
      "/raw/sse",
      200,
      "/raw/missing",
      404
    };
    Object[] servlets = {
      "/raw/writer",
      200,
      "/raw/length",
      200,
      "/raw/forward",
      200,
      "/raw/dispatch",
      200,
      "/raw/timeout",
      503
    };
    Object[] mvc = {
      "/mvc/plain",
      200,
      "/mvc/error",
      410,
      "/mvc/async",
      200,
      "/mvc/stream",
      200,
      "/mvc/sse",
      200,
      "/mvc/missing",
      404
    };
    return Stream.of(
            Stream.of(Container.values()).flatMap(container -> cases(container, both)),
            cases(Container.TOMCAT, servlets),
            cases(Container.JETTY, servlets),
            cases(Container.TOMCAT, mvc))
        .flatMap(each -> each);
  }

  @ParameterizedTest
  @MethodSource
  void everyResponse(Container container, String path, int status) throws Exception {
    containers.config(CORS, Containers.policy("filters: [{type: acme.Watch}]"));
    WATCH.responses.clear();
    WATCH.endings.clear();
    HttpResponse<String> answer = containers.get(container, path, "origin", PAGE);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(field(answer, "access-control-allow-origin")).isEqualTo(PAGE);
    assertThat(field(answer, "access-control-expose-headers")).isEqualTo("x-made");
    assertThat(field(answer, "x-watched")).isEqualTo("yes");
    assertThat(field(answer, "x-secret")).isNull();
    assertThat(WATCH.responses).containsExactly(status);
    Shop.await("it is over", () -> !WATCH.endings.isEmpty());
    assertThat(WATCH.endings).containsExactly(status);
  }

  @ParameterizedTest
  @EnumSource
  void rateLimit_saysWhatIsLeft_andRefuses(Container container) throws Exception {
    containers.config(Containers.policy("rateLimit: {requests: 2, per: 1h, headers: true}"));
    HttpResponse<String> first = containers.get(container, "/raw/plain");
    assertThat(field(first, "x-ratelimit-limit")).startsWith("2");
    assertThat(field(first, "x-ratelimit-remaining")).isEqualTo("1");
    assertThat(field(first, "x-ratelimit-reset")).isNotNull();
    assertThat(field(containers.get(container, "/raw/flush"), "x-ratelimit-remaining"))
        .isEqualTo("0");
    HttpResponse<String> third = containers.get(container, "/raw/plain");
    assertThat(third.statusCode()).isEqualTo(429);
    assertThat(field(third, "x-ratelimit-remaining")).isEqualTo("0");
  }

  @ParameterizedTest
  @EnumSource
  void preflight_isAnsweredByTheMesh(Container container) throws Exception {
    containers.config(CORS);
    try (var socket =
        containers.write(
            container,
            "OPTIONS /raw/error HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOrigin: "
                + PAGE
                + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n")) {
      assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1))
          .startsWith("HTTP/1.1 200")
          .containsIgnoringCase("access-control-allow-origin: " + PAGE);
    }
  }
}
