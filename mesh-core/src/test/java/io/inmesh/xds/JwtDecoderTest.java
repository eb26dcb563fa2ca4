package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication;
import io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtRequirement;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JwtDecoderTest {
  private final JwtDecoder decoder = new JwtDecoder(new Decoding(KnownFilters.NONE));

  private io.inmesh.model.JwtAuthentication decode(String text) throws Rejection {
    return decoder.authentication(
        Any.pack(Text.merge(text, JwtAuthentication.newBuilder()).build()), FieldPath.ROOT);
  }

  private JwtProvider provider(String text) throws Rejection {
    return Objects.requireNonNull(
        decode("providers { key: 'p' value { " + text + " } }").providers().get("p"));
  }

  @Test
  void provider_getsEnvoysDefaults() throws Rejection {
    JwtProvider provider =
        provider("issuer: 'i' remote_jwks { http_uri { uri: 'https://i/keys' cluster: 'c' } }");
    assertThat(provider.clockSkew()).isEqualTo(Duration.ofSeconds(60));
    assertThat(provider.cacheSize()).isEqualTo(100);
    assertThat(provider.forward()).isFalse();
    assertThat(provider.keys())
        .isEqualTo(
            new JwtProvider.Keys.Remote(
                URI.create("https://i/keys"), Duration.ofSeconds(5), Duration.ofMinutes(10)));
  }

  @Test
  void requirements_areDecoded() throws Rejection {
    var decoded =
        decode(
            """
            providers { key: 'p' value { local_jwks { inline_string: '{}' } } }
            requirement_map { key: 'r' value { provider_and_audiences { provider_name: 'p' audiences: 'a' } } }
            rules { match { prefix: '/a' } requirement_name: 'r' }
            rules {
              match { prefix: '/' }
              requires { requires_any { requirements { provider_name: 'p' } requirements { allow_missing {} } } }
            }
            """);
    assertThat(decoded.rules())
        .extracting(rule -> rule.requires())
        .containsExactly(
            new JwtRequirement.Provider("p", List.of("a")),
            new JwtRequirement.AnyOf(
                List.of(
                    new JwtRequirement.Provider("p", List.of()),
                    new JwtRequirement.AllowMissing())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "issuer: 'i'",
        "local_jwks { filename: '/etc/passwd' }",
        "local_jwks { environment_variable: 'SECRET' }",
        "remote_jwks { http_uri { uri: 'file:///etc/passwd' } }",
        "remote_jwks { http_uri { uri: 'https://user@i/keys' } }",
        "remote_jwks { http_uri { uri: 'https:///keys' } }",
        "remote_jwks { http_uri { uri: 'no uri' } }",
        "local_jwks { inline_string: '{}' } from_headers { name: 'a b' }",
        "local_jwks { inline_string: '{}' } forward_payload_header: 'a:b'",
        "local_jwks { inline_string: '{}' } subjects { }"
      })
  void badProvider_rejects(String text) {
    assertThatThrownBy(() -> provider(text)).isInstanceOf(Rejection.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rules { match { prefix: '/' } requires { provider_name: 'q' } }",
        "rules { match { prefix: '/' } requirement_name: 'q' }",
        "filter_state_rules { name: 'x' }"
      })
  void ruleThatCannotBeEnforced_rejects(String text) {
    assertThatThrownBy(() -> decode(text)).isInstanceOf(Rejection.class);
  }

  @Test
  void perRoute_switchesOffOrNamesARequirement() throws Rejection {
    assertThat(
            decoder.perRoute(
                Any.pack(PerRouteConfig.newBuilder().setDisabled(true).build()), FieldPath.ROOT))
        .isNull();
    assertThat(
            decoder.perRoute(
                Any.pack(PerRouteConfig.newBuilder().setRequirementName("r").build()),
                FieldPath.ROOT))
        .isEqualTo(new io.inmesh.model.JwtAuthentication.PerRoute("r"));
    assertThatThrownBy(
            () -> decoder.perRoute(Any.pack(PerRouteConfig.getDefaultInstance()), FieldPath.ROOT))
        .isInstanceOf(Rejection.class);
  }
}
