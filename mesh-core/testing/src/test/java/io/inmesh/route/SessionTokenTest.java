package io.inmesh.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SessionTokenTest {
  private static InetSocketAddress at(String ip, int port) throws Exception {
    return new InetSocketAddress(InetAddress.getByName(ip), port);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** The examples of Envoy's documentation and of gRFC A60. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "MS4yLjMuNDo4MA==", // 1.2.3.4:80
        "CgoxLjIuMy40Ojgw", // field 1, ten bytes
        "MS4yLjMuNDo4MDtvdXRib3VuZA==" // 1.2.3.4:80;outbound
      })
  void formsOfOthers_areRead(String text) throws Exception {
    assertThat(SessionToken.parse(text)).isEqualTo(new SessionToken(at("1.2.3.4", 80), 0, 0));
  }

  @ParameterizedTest
  @CsvSource({
    "1.2.3.4, 80, 1.2.3.4:80",
    "::1, 8080, [::1]:8080",
    "2001:db8::, 1, [2001:db8::]:1",
    "2001:db8:0:0:1:0:0:1, 65535, [2001:db8::1:0:0:1]:65535",
    "1:0:2:3:4:5:6:7, 9, [1:0:2:3:4:5:6:7]:9"
  })
  void address_isWrittenAsEnvoyWritesIt(String ip, int port, String text) throws Exception {
    SessionToken token = new SessionToken(at(ip, port), 0, 0);
    assertThat(token.plain()).isEqualTo(base64(text));
    assertThat(token.message()).isEqualTo(base64("\n" + (char) text.length() + text));
    assertThat(SessionToken.parse(token.plain())).isEqualTo(token);
    assertThat(SessionToken.parse(token.message())).isEqualTo(token);
  }

  @Test
  void names_areNotLookedUp() {
    SessionToken token = SessionToken.parse(base64("orders.example.com:443"));
    assertThat(token).isNotNull();
    assertThat(token.address().isUnresolved()).isTrue();
  }

  @Test
  void times_areKept() throws Exception {
    SessionToken token = new SessionToken(at("10.0.0.1", 80), 1_800_000_000L, 1_900_000_000L);
    assertThat(SessionToken.parse(token.message())).isEqualTo(token);
  }

  /** An Envoy counts seconds since its machine was started. */
  @Test
  void clockOfAnEnvoy_isNotOurs() throws Exception {
    SessionToken token = new SessionToken(at("10.0.0.1", 80), 86_400, 0);
    assertThat(SessionToken.parse(token.message()))
        .isEqualTo(new SessionToken(at("10.0.0.1", 80), 0, 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3.4",
        ":80",
        "1.2.3.4:",
        "1.2.3.4:0",
        "1.2.3.4:65536",
        "1.2.3.4:80x",
        "::1:80",
        "[1.2.3.4:80",
        "[name]:80",
        "\n\u0010short",
        "\n\u0003a:1\u00ff"
      })
  void anythingElse_isNoToken(String text) {
    assertThat(SessionToken.parse(base64(text))).isNull();
  }

  @Test
  void garbage_doesNoHarm() {
    assertThat(SessionToken.parse("no base64!")).isNull();
    assertThat(SessionToken.parse("A".repeat(600))).isNull();
    Random random = new Random(1);
    byte[] bytes = new byte[40];
    for (int i = 0; i < 20_000; i++) {
      random.nextBytes(bytes);
      bytes[0] = 10;
      String text = Base64.getEncoder().encodeToString(bytes);
      assertThatNoException().isThrownBy(() -> SessionToken.parse(text));
    }
  }
}
