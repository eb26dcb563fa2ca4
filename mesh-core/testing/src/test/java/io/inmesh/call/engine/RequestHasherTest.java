package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.balance.XxHash64;
import io.inmesh.call.RequestHead;
import io.inmesh.model.HashPolicy;
import io.inmesh.testing.FakeHeaders;
import io.inmesh.testing.FakeMesh;
import io.inmesh.testing.FakeRequest;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Envoy's hash policies and how they combine. */
class RequestHasherTest {
  private static final long SELF = 99;

  private static HashPolicy header(String name, boolean terminal) {
    return new HashPolicy.Header(name, null, null, terminal);
  }

  private static RequestHash hash(RequestHead head, HashPolicy... policies) {
    return RequestHasher.of(List.of(policies), Extensions.NONE)
        .hash(head, SELF, FakeMesh.seeded(1));
  }

  private static RequestHead get(String path, String... headers) {
    return FakeRequest.get("orders", path, headers);
  }

  @Test
  void header_isHashed() {
    assertThat(hash(get("/", "x-user", "ann"), header("x-user", false)).value())
        .isEqualTo(XxHash64.hash("ann"));
  }

  @Test
  void nothingApplies_thereIsNoHash() {
    assertThat(hash(get("/"), header("x-user", false))).isSameAs(RequestHash.NONE);
    assertThat(hash(get("/"))).isSameAs(RequestHash.NONE);
  }

  @Test
  void severalValues_countAsOne_inAnyOrder() {
    long one = hash(get("/", "x", "b", "x", "a"), header("x", false)).value();
    assertThat(one).isEqualTo(XxHash64.hash("ab"));
    assertThat(hash(get("/", "x", "a", "x", "b"), header("x", false)).value()).isEqualTo(one);
  }

  @ParameterizedTest
  @CsvSource({"/users/17/cart, 17", "/users/18?a=1, 18", "/other, /other"})
  void header_regexRewrite_takesAPart(String path, String hashed) {
    HashPolicy policy = new HashPolicy.Header(":path", "/users/([0-9]+).*", "\\1", false);
    assertThat(hash(get(path), policy).value()).isEqualTo(XxHash64.hash(hashed));
  }

  @ParameterizedTest
  @CsvSource({"/a?user=ann, ann", "/a?x=1&user=b%20c&user=d, b c", "/a?user, ''"})
  void queryParameter_first_isHashedDecoded(String path, String value) {
    assertThat(hash(get(path), new HashPolicy.Query("user", false)).value())
        .isEqualTo(XxHash64.hash(value));
  }

  @Test
  void source_isThisProcess() {
    assertThat(hash(get("/"), new HashPolicy.Source(false)).value()).isEqualTo(SELF);
  }

  @Test
  void policies_combine_rotatedByOneBit() {
    long a = XxHash64.hash("a");
    long b = XxHash64.hash("b");
    RequestHead head = get("/", "x", "a", "y", "b", "z", "a");
    assertThat(hash(head, header("x", false), header("y", false)).value())
        .isEqualTo(Long.rotateLeft(a, 1) ^ b);
    assertThat(hash(head, header("x", false), header("z", false)).value())
        .as("equal values do not cancel each other out")
        .isNotZero();
  }

  @Test
  void terminal_endsTheList_onceThereIsAHash() {
    RequestHead head = get("/", "x", "a", "y", "b");
    assertThat(hash(head, header("x", true), header("y", false)).value())
        .isEqualTo(XxHash64.hash("a"));
    assertThat(hash(head, header("gone", true), header("y", false)).value())
        .isEqualTo(XxHash64.hash("b"));
    assertThat(hash(head, header("x", false), header("gone", true), header("y", false)).value())
        .as("a terminal policy that gives nothing ends it, too, if there is a hash")
        .isEqualTo(XxHash64.hash("a"));
  }

  @ParameterizedTest
  @CsvSource({
    "session=abc, abc",
    "a=1; session=abc, abc",
    "a=1;session=\"abc\"; b=2, abc",
    "xsession=no; session=yes, yes"
  })
  void cookie_isHashed(String field, String value) {
    HashPolicy policy = new HashPolicy.Cookie("session", Duration.ofMinutes(1), "/", false);
    RequestHash hash = hash(get("/", "cookie", field), policy);
    assertThat(hash.value()).isEqualTo(XxHash64.hash(value));
    assertThat(hash.cookies()).isEmpty();
  }

  @Test
  void missingCookie_withTtl_isGeneratedAndSet() {
    HashPolicy policy = new HashPolicy.Cookie("session", Duration.ofMinutes(1), "/shop", false);
    RequestHash hash = hash(get("/"), policy);
    FakeHeaders response = FakeHeaders.of();
    hash.setCookies(response);
    String cookie = Objects.requireNonNull(response.get("set-cookie"));
    assertThat(cookie).matches("session=\"[0-9a-f]{16}\"; Max-Age=60; Path=/shop; HttpOnly");
    assertThat(hash.value()).isEqualTo(XxHash64.hash(cookie.substring(9, 25)));
  }

  @Test
  void missingCookie_zeroTtl_isASessionCookie() {
    HashPolicy policy = new HashPolicy.Cookie("s", Duration.ZERO, "", false);
    assertThat(hash(get("/"), policy).cookies().get(0)).matches("s=\"[0-9a-f]{16}\"; HttpOnly");
  }

  @Test
  void missingCookie_withoutTtl_givesNoHash() {
    assertThat(hash(get("/"), new HashPolicy.Cookie("s", null, "", false)))
        .isSameAs(RequestHash.NONE);
  }
}
