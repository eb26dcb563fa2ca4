package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.RawHttp2;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.WebApplicationType;

/**
 * HTTP/2 that no honest client would speak, at applications in Tomcat and Reactor Netty: it reaches
 * no handler, or only one that the policies let it reach, and others are served as before.
 */
@Timeout(60)
class HostileHttp2ContainerTest {
  private static final int ENHANCE_YOUR_CALM = 11;

  private enum Container {
    TOMCAT(WebApplicationType.SERVLET),
    NETTY(WebApplicationType.REACTIVE);

    @SuppressWarnings("ImmutableEnumChecker") // it is what the test is about
    final BootServer server;

    Container(WebApplicationType type) {
      server = GuardedShop.start(type, "server.http2.enabled=true");
    }

    RawHttp2 connect() throws IOException {
      return new RawHttp2(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
    }
  }

  @AfterAll
  static void stop() {
    for (Container container : Container.values()) {
      container.server.close();
    }
  }

  @BeforeEach
  void forget() {
    GuardedShop.HANDLED.clear();
  }

  /** Whatever was tried, others are served, and policies are in force. */
  @AfterEach
  void othersAreServed() throws IOException {
    for (Container container : Container.values()) {
      try (RawHttp2 client = container.connect()) {
        client.head(1, request("/shop/items"));
        assertThat(client.status(1)).isEqualTo(200);
        client.head(3, request("/shop/admin"));
        assertThat(client.status(3)).isEqualTo(403);
      }
    }
    assertThat(GuardedShop.HANDLED).doesNotContain("ADMIN");
  }

  /** What HTTP/1.1 could not put there: no path begins like this. */
  private static final List<String> NO_PATHS =
      List.of(
          "shop/admin",
          "x/shop/admin",
          "?/shop/admin",
          "@x/shop/admin",
          ":80/shop/admin",
          ".x/shop/admin",
          " /shop/admin",
          "#/shop/admin",
          "*/shop/admin");

  private static byte[] request(String path, String... more) {
    String[] fields = {":method", "GET", ":scheme", "http", ":authority", "x", ":path", path};
    return RawHttp2.block(
        Stream.concat(Arrays.stream(fields), Arrays.stream(more)).toArray(String[]::new));
  }

  private static Stream<Arguments> inBoth(List<?> shapes) {
    return Arrays.stream(Container.values())
        .flatMap(container -> shapes.stream().map(shape -> Arguments.of(container, shape)));
  }

  static Stream<Arguments> disguises() {
    return Stream.concat(inBoth(GuardedShop.DISGUISES), inBoth(NO_PATHS));
  }

  @ParameterizedTest
  @MethodSource
  void disguises(Container container, String path) throws IOException {
    try (RawHttp2 client = container.connect()) {
      client.head(1, request(path));
      int status = client.status(1);
      assertThat(GuardedShop.HANDLED)
          .as("answered with %s", status)
          .noneMatch(handled -> handled.equalsIgnoreCase("admin"))
          .noneMatch(handled -> handled.startsWith("GET /admin"));
      if (GuardedShop.HANDLED.isEmpty()) {
        assertThat(status)
            .satisfiesAnyOf(
                code -> assertThat(code).isBetween(400, 404),
                code -> assertThat(code).isIn(RawHttp2.RESET, RawHttp2.ENDED));
      }
    }
  }

  /** Heads that RFC 9113 section 8.2 and 8.3 call malformed. */
  static Stream<Arguments> malformed() {
    return inBoth(
        List.of(
            List.of(":method", "GET", ":scheme", "http", ":authority", "x"),
            shaped(":path", "/shop/admin"),
            shaped(":method", "POST"),
            shaped(":unknown", "x"),
            shaped(":status", "200"),
            shaped("connection", "close"),
            shaped("transfer-encoding", "chunked"),
            shaped("X-Upper", "a"),
            shaped("x y", "a"),
            shaped("", "a"),
            shaped("x", "a\r\nhost: y"),
            shaped("x", "a\u0000b"),
            shaped("content-length", "5"),
            shaped("te", "gzip"),
            List.of(":method", "GET", ":scheme", "http", ":authority", "x", ":path", ""),
            List.of("x", "y", ":method", "GET", ":scheme", "http", ":path", "/shop/items")));
  }

  private static List<String> shaped(String name, String value) {
    return List.of(
        ":method",
        "GET",
        ":scheme",
        "http",
        ":authority",
        "x",
        ":path",
        "/shop/items",
        name,
        value);
  }

  @ParameterizedTest
  @MethodSource
  void malformed(Container container, List<String> fields) throws IOException {
    try (RawHttp2 client = container.connect()) {
      client.head(1, RawHttp2.block(fields.toArray(String[]::new)));
      assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 400, 403, 404, 405, 501);
    }
    assertThat(GuardedShop.HANDLED).isEmpty();
  }

  /** Malformed, too, and read all the same by one of them, in one way only. */
  static Stream<Arguments> lenient() {
    return inBoth(
        List.of(
            List.of(":method", "GET", ":authority", "x", ":path", "/shop/items"),
            List.of(":method", "GET", ":scheme", "http", ":authority", "x", ":path", "shop/items"),
            shaped("content-length", "-1")));
  }

  @ParameterizedTest
  @MethodSource
  void lenient(Container container, List<String> fields) throws IOException {
    try (RawHttp2 client = container.connect()) {
      client.head(1, RawHttp2.block(fields.toArray(String[]::new)));
      assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 200, 400);
    }
    assertThat(GuardedShop.HANDLED).isSubsetOf("GET /items");
  }

  /** One name of the host in each place: what is decided about is what is called. */
  @ParameterizedTest
  @EnumSource
  void hostBesideTheAuthority_isNotAnotherHost(Container container) throws IOException {
    try (RawHttp2 client = container.connect()) {
      client.head(1, request("/shop/items", "host", "y"));
      assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 200, 400);
      client.head(3, request("/shop/admin", "host", "y"));
      assertThat(client.status(3)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 400, 403);
    }
  }

  /** Either kind of head: policies let one in and not the other. */
  @ParameterizedTest
  @EnumSource
  void rapidReset_endsTheConnection(Container container) throws IOException {
    try (RawHttp2 client = container.connect()) {
      assertThat(client.rapidResets(i -> request(i % 2 == 0 ? "/shop/items" : "/shop/admin")))
          .isIn(ENHANCE_YOUR_CALM, -1);
    }
    assertThat(GuardedShop.HANDLED.size()).as("requests that were handled").isLessThan(5_000);
  }

  @ParameterizedTest
  @EnumSource
  void endlessContinuation_endsTheConnection(Container container) throws IOException {
    for (byte[] part :
        List.of(new byte[0], RawHttp2.fields(new byte[0], 20, "x", "y".repeat(100)))) {
      try (RawHttp2 client = container.connect()) {
        assertThat(client.endlessContinuation(request("/shop/items"), part)).isNotZero();
        assertThat(GuardedShop.HANDLED).isEmpty();
      }
    }
    assertThat(GuardedShop.HANDLED).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void headThatUnpacksToMegabytes_isRefused(Container container) throws IOException {
    try (RawHttp2 client = container.connect()) {
      client.head(1, RawHttp2.bomb(request("/shop/items"), "x", "y".repeat(3_000), 15_000));
      assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 400, 431);
    }
    assertThat(GuardedShop.HANDLED).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void tooManyFieldsAndTooLargeHeads_areRefused(Container container) throws IOException {
    for (byte[] head :
        List.of(
            RawHttp2.fields(request("/shop/items"), 20_000, "x", "y"),
            RawHttp2.fields(request("/shop/items"), 1, "x", "y".repeat(70_000)),
            request("/shop/" + "x".repeat(70_000)))) {
      try (RawHttp2 client = container.connect()) {
        try {
          client.head(1, head);
          client.flush();
        } catch (IOException cutOff) {
          continue; // before all of it had arrived
        }
        assertThat(client.status(1)).isIn(RawHttp2.RESET, RawHttp2.ENDED, 400, 414, 431);
      }
    }
    assertThat(GuardedShop.HANDLED).isEmpty();
  }
}
