package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.model.StringMatch;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExternalDecoderTest {
  private static final String GRPC =
      "grpc_service { envoy_grpc { cluster_name: 'outbound|9191||opa.shop' } }";

  private final ExternalDecoder decoder = new ExternalDecoder(new Decoding(KnownFilters.NONE));

  private ExternalAuthorization decode(String text) throws Rejection {
    return decoder.authorization(
        Any.pack(Text.merge(text, ExtAuthz.newBuilder()).build()), FieldPath.ROOT);
  }

  @Test
  void grpcService_failsClosed_andIsShownEverything() throws Rejection {
    ExternalAuthorization decoded = decode(GRPC);
    assertThat(decoded.provider()).isEqualTo(new ExternalAuthorization.Grpc("opa.shop:9191"));
    assertThat(decoded.timeout()).isEqualTo(Duration.ofMillis(200));
    assertThat(decoded.failOpen()).isFalse();
    assertThat(decoded.failureStatus()).isEqualTo(403);
    assertThat(decoded.selected()).isNull();
    assertThat(decoded.shown()).isNull();
    assertThat(decoded.body()).isNull();
    assertThat(decode(GRPC + " with_request_body { max_request_bytes: 10 }").body())
        .isEqualTo(new ExternalAuthorization.Body(10, false, false));
  }

  @Test
  void httpService_isShownWhatIsAllowed_andCredentials() throws Rejection {
    ExternalAuthorization decoded =
        decode(
            """
            http_service {
              server_uri { uri: 'http://login' cluster: 'outbound|80||login.shop' timeout { seconds: 1 } }
              path_prefix: '/check/'
              authorization_request { headers_to_add { key: 'X-Mesh' value: 'shop' } }
              authorization_response { allowed_upstream_headers { patterns { exact: 'x-user' } } }
            }
            allowed_headers { patterns { prefix: 'x-' } }
            status_on_error { code: ServiceUnavailable }
            failure_mode_allow: true
            """);
    assertThat(decoded.provider())
        .isInstanceOfSatisfying(
            ExternalAuthorization.Http.class,
            http -> {
              assertThat(http.authority()).isEqualTo("login.shop:80");
              assertThat(http.pathPrefix()).isEqualTo("/check");
              assertThat(http.adds()).isEqualTo(Map.of("x-mesh", "shop"));
              assertThat(http.toUpstream()).containsExactly(new StringMatch.Exact("x-user", false));
              assertThat(http.toCallerOnAllow()).isEmpty();
              assertThat(http.toCallerOnDeny()).isNull();
            });
    assertThat(decoded.timeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(decoded.failOpen()).isTrue();
    assertThat(decoded.failureStatus()).isEqualTo(503);
    assertThat(decoded.shown())
        .containsExactly(
            new StringMatch.Prefix("x-", false), new StringMatch.Exact("authorization", true));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "grpc_service { google_grpc { target_uri: 'x' } }",
        "grpc_service { envoy_grpc { cluster_name: 'opa' } }",
        "grpc_service { envoy_grpc { cluster_name: 'outbound|x||opa' } }",
        "grpc_service { envoy_grpc { cluster_name: 'outbound|80|v1|opa' } }",
        "http_service { server_uri { cluster: 'outbound|80||a' } path_prefix: 'check' }",
        GRPC + " with_request_body { allow_partial_message: true }",
        GRPC + " with_request_body { max_request_bytes: 16777217 }",
        GRPC + " with_request_body { max_request_bytes: 4294967295 }",
        GRPC + " status_on_error { code: OK }",
        GRPC + " include_peer_certificate: true",
        GRPC + " filter_enabled { default_value { numerator: 1 } }"
      })
  void whatCannotBeEnforced_isRefused(String text) {
    assertThatThrownBy(() -> decode(text)).isInstanceOf(Rejection.class);
  }
}
