package io.inmesh.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormatsTest {

  @ParameterizedTest
  @CsvSource({
    "250ms,250",
    "10s,10000",
    "1h30m,5400000",
    "0s,0",
    "1m1m,120000",
    "99999h,359996400000"
  })
  void duration_valid_itsLength(String text, long millis) {
    assertThat(Formats.duration(text)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "s", "1.5s", "-1s", "1d", "1us", "123456s", "1s1s1s1s1s", "1s "})
  void duration_invalid_null(String text) {
    assertThat(Formats.duration(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.2.3.4",
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "::1",
        "1::",
        "2001:db8::1",
        "1:2:3:4:5:6:7:8",
        "::ffff:1.2.3.4",
        "1:2:3:4:5:6:1.2.3.4"
      })
  void ip_valid(String text) {
    assertThat(Formats.isIp(text)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1.2.3",
        "1.2.3.256",
        "1.2.3.4.",
        "1.2.3.4.5",
        ":",
        ":::",
        "1:::2",
        "::1::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9",
        "12345::",
        ":1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:",
        "g::",
        "1.2.3.4::",
        "::%eth0"
      })
  void ip_invalid(String text) {
    assertThat(Formats.isIp(text)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "a.b,true",
    "10.0.0.1,true",
    "10.0.0.256,false",
    "a.1b,true",
    "A.b,false",
    "a..b,false",
    "-a,false",
    "a-.b,false"
  })
  void address_eitherIpOrName(String text, boolean valid) {
    assertThat(Formats.ADDRESS.problem(text) == null).isEqualTo(valid);
  }

  @ParameterizedTest
  @CsvSource({
    "/,true",
    "/a/b-c_d~e,true",
    "/a%20b,true",
    "a,false",
    "/a//b,false",
    "/a/./b,false",
    "/a/../b,false",
    "/a/..,false",
    "/a%2Fb,false",
    "/a?b,false",
    "/a#b,false",
    "/a b,false"
  })
  void path_asGatewayApiWants(String text, boolean valid) {
    assertThat(Formats.ABSOLUTE_PATH.problem(text) == null).isEqualTo(valid);
  }

  @ParameterizedTest
  @CsvSource({
    "http,true",
    "a-b-1,true",
    "80,false",
    "-a,false",
    "a--b,false",
    "abcdefghijklmno,true",
    "abcdefghijklmnop,false"
  })
  void portName_asKubernetesWants(String text, boolean valid) {
    assertThat(Formats.PORT_NAME_FORMAT.problem(text) == null).isEqualTo(valid);
  }

  @Test
  void forms_longText_answerAtOnce() {
    String text = "a.".repeat(100_000);

    assertThat(Formats.PROTO_SERVICE.problem(text)).isNotNull();
    assertThat(Formats.DNS_SUBDOMAIN.problem(text)).isNotNull();
    assertThat(Formats.ABSOLUTE_PATH.problem("/" + "a".repeat(1_000_000))).isNull();
  }
}
