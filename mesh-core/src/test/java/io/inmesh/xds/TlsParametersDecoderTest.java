package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import io.inmesh.model.TlsParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TlsParametersDecoderTest {
  private static TlsParameters decode(String text) throws Exception {
    var parameters =
        io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.TlsParameters.newBuilder();
    TextFormat.merge(text, parameters);
    return TlsParametersDecoder.decode(parameters.build(), FieldPath.ROOT.field("tls_params"));
  }

  @Test
  void nothingSaid_isTheDefault() throws Exception {
    assertThat(decode("")).isEqualTo(TlsParameters.DEFAULT);
    assertThat(TlsParameters.DEFAULT.protocols()).containsExactly("TLSv1.3", "TLSv1.2");
    assertThat(TlsParameters.DEFAULT.suites()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "TLS_AUTO, TLS_AUTO, TLSv1.3 TLSv1.2",
    "TLSv1_0, TLS_AUTO, TLSv1.3 TLSv1.2",
    "TLSv1_1, TLSv1_2, TLSv1.2",
    "TLSv1_2, TLSv1_3, TLSv1.3 TLSv1.2",
    "TLSv1_3, TLS_AUTO, TLSv1.3"
  })
  void versions_areNeverOlderThan12(String min, String max, String spoken) throws Exception {
    TlsParameters decoded =
        decode(
            "tls_minimum_protocol_version: %s tls_maximum_protocol_version: %s"
                .formatted(min, max));
    assertThat(String.join(" ", decoded.protocols())).isEqualTo(spoken);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ECDHE-RSA-AES256-GCM-SHA384|TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305|TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        // As Istio sends it, for old peers too: those are left out.
        "AES128-GCM-SHA256' cipher_suites: 'ECDHE-ECDSA-AES128-GCM-SHA256"
            + "|TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
      })
  void suites_areThoseOfHttp2(String suites, String standard) throws Exception {
    assertThat(decode("cipher_suites: '" + suites + "'").suites())
        .endsWith(standard)
        .hasSize(4)
        .contains("TLS_AES_128_GCM_SHA256");
  }

  @Test
  void suitesOfEqualPreference_areTakenInTheirOrder() throws Exception {
    assertThat(
            decode("cipher_suites: '[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]'")
                .cipherSuites())
        .containsExactly(
            TlsParameters.CipherSuite.ECDHE_ECDSA_AES128_GCM,
            TlsParameters.CipherSuite.ECDHE_ECDSA_CHACHA20);
  }

  @Test
  void curves_haveTheirStandardNames() throws Exception {
    assertThat(decode("ecdh_curves: 'P-384' ecdh_curves: 'X25519'").groups())
        .containsExactly("secp384r1", "x25519");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tls_maximum_protocol_version: TLSv1_1|tls_maximum_protocol_version|TLSv1_2",
        "tls_minimum_protocol_version: TLSv1_3 tls_maximum_protocol_version: TLSv1_2"
            + "|tls_maximum_protocol_version|no handshake",
        "cipher_suites: 'RC4-MD5'|cipher_suites[0]|RC4-MD5",
        "cipher_suites: 'AES128-SHA'|cipher_suites|HTTP/2",
        "ecdh_curves: 'P-256' ecdh_curves: 'P-192'|ecdh_curves[1]|P-192"
      })
  void whatCannotBe_isRefusedByName(String text, String path, String named) {
    assertThatThrownBy(() -> decode(text))
        .isInstanceOf(Rejection.class)
        .hasMessageContaining("tls_params." + path)
        .hasMessageContaining(named);
  }
}
