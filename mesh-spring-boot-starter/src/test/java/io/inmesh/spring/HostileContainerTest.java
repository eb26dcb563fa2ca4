package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.WebApplicationType;

/**
 * Bytes that two readers could take for different requests, at applications in Tomcat and Reactor
 * Netty: whatever the container makes of them, nothing reaches a handler that the policies were not
 * asked about by the very path that the handler was found by.
 */
@SuppressWarnings("StringConcatToTextBlock") // the wire's line ends are meant to be seen
class HostileContainerTest {
  private enum Container {
    TOMCAT(WebApplicationType.SERVLET),
    NETTY(WebApplicationType.REACTIVE);

    @SuppressWarnings("ImmutableEnumChecker") // it is what the test is about
    final BootServer server;

    Container(WebApplicationType type) {
      server = GuardedShop.start(type);
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

  /** What a request would be smuggled for. */
  private static final String ADMIN = "GET /shop/admin HTTP/1.1\r\nHost: x\r\n\r\n";

  private static final String LAST =
      "GET /shop/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

  private static Stream<Arguments> inBoth(String... shapes) {
    return Arrays.stream(Container.values())
        .flatMap(container -> Arrays.stream(shapes).map(shape -> Arguments.of(container, shape)));
  }

  private static String post(String fields, String body) {
    return "POST /shop/items HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n\r\n" + body;
  }

  private static String field(String field) {
    return post(field, "");
  }

  private static String chunks(String body) {
    return post("Transfer-Encoding: chunked", body);
  }

  static Stream<Arguments> malformed() {
    return inBoth(
        "garbage\r\n\r\n",
        "GET /shop/items HTTP/1.1\r\n\r\n",
        "GET /shop/items HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET shop/items HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /shop/items HTTP/3.0\r\nHost: x\r\n\r\n",
        field("no colon"),
        field("X : space before the colon"),
        field("X: a\u0000b"),
        field("X: a\rb"),
        field("Transfer-Encoding:\r\n\tchunked"),
        field("Content-Length: 5\r\nContent-Length: 6"),
        field("Content-Length: 5, 6"),
        field("Content-Length: +5"),
        field("Content-Length: -5"),
        field("Content-Length: 0x5"),
        field("Content-Length: 5 5"),
        field("Content-Length: 99999999999999999999"),
        field("Transfer-Encoding: gzip"),
        field("Transfer-Encoding: xchunked"),
        field("Transfer-Encoding: chunked, gzip"),
        field("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        field("Transfer-Encoding : chunked"),
        chunks("zz\r\n\r\n"),
        chunks("-1\r\n\r\n"),
        chunks("0x5\r\nhello\r\n"),
        chunks("ffffffffffffffff1\r\nhello\r\n"),
        chunks("5\r\nhello0\r\n\r\n"),
        "GET /shop/" + "x".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n",
        field("X: " + "y".repeat(70_000)));
  }

  @ParameterizedTest
  @MethodSource
  void malformed(Container container, String request) throws Exception {
    String answer = container.server.answer(request + ADMIN + LAST);
    assertThat(GuardedShop.HANDLED).as(answer).isEmpty();
    assertThat(statuses(answer)).as(answer).hasSizeLessThanOrEqualTo(1);
    if (!answer.isEmpty()) {
      assertThat(statuses(answer).get(0)).as(answer).isBetween(400, 505);
    }
  }

  /** Read in one way only; what follows is a request of its own, and decided as that. */
  static Stream<Arguments> wellFormed() {
    return inBoth(
        field("Content-Length: 0"),
        post("Content-Length: 5", "hello"),
        chunks("5\r\nhello\r\n0\r\n\r\n"),
        chunks("5;extension=\"a\"\r\nhello\r\n0\r\n\r\n"),
        chunks("5\r\nhello\r\n0\r\nHost: admin\r\nContent-Length: 7\r\n\r\n"),
        post("Content-Length: " + ADMIN.length(), ADMIN));
  }

  @ParameterizedTest
  @MethodSource
  void wellFormed(Container container, String request) throws Exception {
    String answer = container.server.answer(request + ADMIN + LAST);
    assertThat(statuses(answer)).as(answer).containsExactly(200, 403, 200);
    assertThat(GuardedShop.HANDLED).hasSize(2).last().isEqualTo("GET /last");
    assertThat(GuardedShop.HANDLED.get(0)).startsWith("POST /items");
  }

  /** Two lengths: refused, or read by one of them and the connection closed. */
  static Stream<Arguments> ambiguous() {
    return inBoth(
        post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"),
        post("Transfer-Encoding: chunked\r\nContent-Length: 0", "0\r\n\r\n"),
        post("Content-Length: 4\r\nTransfer-Encoding: chunked", "5c\r\n" + ADMIN + "\r\n0\r\n\r\n"),
        // one field in two lines, which may be put together
        field("X: a\r\n b"),
        // line feeds alone
        "GET /shop/items HTTP/1.1\nHost: x\n\n",
        "GET /shop/items HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
        chunks("5\nhello\r\n0\r\n\r\n"),
        "POST /shop/items HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  }

  @ParameterizedTest
  @MethodSource
  void ambiguous(Container container, String request) throws Exception {
    String answer = container.server.answer(request + ADMIN + LAST);
    assertThat(GuardedShop.HANDLED).as(answer).doesNotContain("ADMIN").doesNotHaveDuplicates();
    assertThat(statuses(answer)).as(answer).isNotEmpty();
  }

  static Stream<Arguments> disguises() {
    return inBoth(GuardedShop.DISGUISES.toArray(String[]::new));
  }

  @ParameterizedTest
  @MethodSource
  void disguises(Container container, String target) throws Exception {
    String answer =
        container.server.answer(
            "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertThat(GuardedShop.HANDLED)
        .as(answer)
        .noneMatch(path -> path.toLowerCase(Locale.ROOT).equals("admin"));
    assertThat(GuardedShop.HANDLED).as(answer).noneMatch(path -> path.startsWith("GET /admin"));
    assertThat(answer).as(target).doesNotEndWith("admin");
    if (!answer.isEmpty() && GuardedShop.HANDLED.isEmpty()) {
      assertThat(statuses(answer)).singleElement().matches(status -> status >= 400 && status < 405);
    }
  }

  private static List<Integer> statuses(String answer) {
    return Arrays.stream(answer.split("HTTP/[1-3]\\.[01] ", -1))
        .skip(1)
        .map(rest -> Integer.parseInt(rest.substring(0, 3)))
        .toList();
  }
}
