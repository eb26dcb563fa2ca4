package io.inmesh.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.model.PathPolicy;
import io.inmesh.model.PathPolicy.EscapedSlashes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CanonicalPathTest {
  private static final PathPolicy BASE = new PathPolicy(true, false, EscapedSlashes.KEEP);
  private static final PathPolicy STRICT = new PathPolicy(true, true, EscapedSlashes.REFUSE);
  private static final PathPolicy DECODE = new PathPolicy(true, true, EscapedSlashes.DECODE);

  @ParameterizedTest
  @CsvSource({
    "/a/b, /a/b",
    "/a/./b, /a/b",
    "/a/../b, /b",
    "/../../b, /b",
    "/a/b/.., /a/",
    "/a/b/., /a/b/",
    "/a/%2e%2e/b, /b",
    "/a/.%2E/b, /b",
    "/%61dmin, /admin",
    "/a%20b, /a%20b",
    "/a%c3%bc, /a%C3%BC",
    "/a\\b, /a/b",
    "/a\\..\\b, /b",
    "/a//b, /a//b",
    "/a%2fb, /a%2Fb",
    "/a;v=1/b, /a;v=1/b",
    "/a/?q=/../%2f, /a/?q=/../%2f",
    "/..., /...",
    "/a/..b, /a/..b",
    "/50%25off, /50%25off",
    "*, *"
  })
  void base_resolvesWhatEnvoyResolves(String from, String to) {
    assertThat(CanonicalPath.of(from, BASE)).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({
    "//admin, /admin",
    "/a///b//, /a/b/",
    "/a//../b, /b",
    "/a/, /a/",
    "/, /",
    "//, /",
    "/a?x=//, /a?x=//"
  })
  void mergeSlashes_leavesOne(String from, String to) {
    assertThat(CanonicalPath.of(from, STRICT)).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({
    "/a%2f%2fb, /a/b",
    "/a%5Cb, /a/b",
    "/public/..%2fadmin, /admin",
    "/public%2f..%5cadmin, /admin"
  })
  void decode_makesSlashesBeforeDotsAreResolved(String from, String to) {
    assertThat(CanonicalPath.of(from, DECODE)).isEqualTo(to);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/a%2fb",
        "/a%5cb",
        "/public/..%2fadmin",
        "/a%5C..%5Cb",
      })
  void strict_refusesEncodedSlashes(String path) {
    assertThat(CanonicalPath.of(path, STRICT)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/public/..;/admin",
        "/public/..;x=1/admin",
        "/.;/admin",
        "/;/admin",
        "/;x/admin",
        "/public/%2e%2e;/admin",
        "/a%252fb",
        "/a%252e%252e/b",
        "/a%255cb",
        "/a%253bb",
        "/a%25252fb",
        "/a%00",
        "/a%0d%0ab",
        "/a%7f",
        "/a%",
        "/a%2",
        "/a%zz",
        "/a b",
        "/a\tb",
        "/é",
        "/a#b",
        "/a?b#c",
        "a",
        "",
        "?a"
      })
  void ambiguousPath_isRefusedAtEveryLevel(String path) {
    assertThat(CanonicalPath.of(path, BASE)).isNull();
    assertThat(CanonicalPath.of(path, STRICT)).isNull();
    assertThat(CanonicalPath.of(path, DECODE)).isNull();
  }

  @Test
  void plainPath_isTheSameObject() {
    String path = new String("/api/v1/orders-of_me/~x.json?q=1");
    assertThat(CanonicalPath.of(path, STRICT)).isSameAs(path);
  }

  @Test
  void none_changesNothing() {
    assertThat(CanonicalPath.of("/a/..;/b%2f", PathPolicy.NONE)).isEqualTo("/a/..;/b%2f");
  }

  @ParameterizedTest
  @CsvSource({
    "/a;x=1/b;y?q;z, /a/b",
    "/a?b;c, /a",
    "/a, /a",
    "/;a, /",
    "/v1/things%3Adelete, /v1/things:delete",
    "/a%40b%21%24%26%27%28%29%2A%2B%2C%3D, '/a@b!$&''()*+,='",
    "/a%7Bid%7D, /a{id}",
    "/a%2Fb%5C%25%3F%23%3B%20%C3%A9, /a%2Fb%5C%25%3F%23%3B%20%C3%A9",
    "/a%3B;x/b%3A?q=%3A, /a%3B/b:",
  })
  void comparable_isThePathInTheLettersThatApplicationsRead(String from, String to) {
    assertThat(CanonicalPath.comparable(from)).isEqualTo(to);
  }

  @ParameterizedTest
  @CsvSource({"/a%3Ab, /a:b", "/a:b, /a:b", "/a;x, /a;x", "/a?x, /a?x", "/a%2fb, /a%2Fb"})
  void named_isInTheSameLetters_andKeepsWhatNoPathHas(String from, String to) {
    assertThat(CanonicalPath.named(from)).isEqualTo(to);
  }
}
