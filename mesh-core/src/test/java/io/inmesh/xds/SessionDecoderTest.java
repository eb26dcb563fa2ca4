package io.inmesh.xds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.SessionAffinity;
import io.inmesh.model.SessionAffinity.Carrier;
import io.inmesh.wire.filters.v1.TimedSession;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SessionDecoderTest {
  private final SessionDecoder decoder = new SessionDecoder(new Decoding(KnownFilters.NONE));

  private static StatefulSession session(Message state) {
    return StatefulSession.newBuilder()
        .setSessionState(TypedExtensionConfig.newBuilder().setTypedConfig(Any.pack(state)))
        .build();
  }

  private SessionAffinity decoded(Message state) throws Rejection {
    SessionAffinity affinity = decoder.sessions(Any.pack(session(state)), FieldPath.ROOT);
    assertThat(affinity).isNotNull();
    return affinity;
  }

  private static CookieBasedSessionState cookie(String text) {
    return Text.merge("cookie {" + text + "}", CookieBasedSessionState.newBuilder()).build();
  }

  @Test
  void cookie_isOne() throws Rejection {
    assertThat(decoded(cookie("name: 'Sid' path: '/cart' ttl { seconds: 90 }")))
        .isEqualTo(
            new SessionAffinity(
                Carrier.COOKIE, "Sid", "/cart", Duration.ofSeconds(90), null, true, false));
  }

  @Test
  void header_isOne_inLowerCase() throws Rejection {
    assertThat(decoded(HeaderBasedSessionState.newBuilder().setName("X-Session").build()))
        .isEqualTo(new SessionAffinity(Carrier.HEADER, "x-session", "", null, null, false, false));
  }

  @Test
  void timedSession_isOurs() throws Rejection {
    TimedSession timed =
        Text.merge(
                "header: 'x-s' absolute_timeout { seconds: 9 } idle_timeout { seconds: 3 }",
                TimedSession.newBuilder())
            .build();
    assertThat(decoded(timed))
        .isEqualTo(
            new SessionAffinity(
                Carrier.HEADER,
                "x-s",
                "",
                Duration.ofSeconds(9),
                Duration.ofSeconds(3),
                false,
                false));
  }

  @Test
  void noState_isNoSession() throws Rejection {
    assertThat(decoder.sessions(Any.pack(StatefulSession.getDefaultInstance()), FieldPath.ROOT))
        .isNull();
    assertThat(
            decoder.perRoute(
                Any.pack(StatefulSessionPerRoute.newBuilder().setDisabled(true).build()),
                FieldPath.ROOT))
        .isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "path: '/', is empty",
    "name: 'a b', is no header name",
    "name: 'a' path: 'b', is no path",
    "name: 'a' path: '/;x', is no path",
    "name: 'a' ttl { seconds: -1 }, is negative"
  })
  void brokenCookie_isRejected(String text, String why) {
    assertThatThrownBy(() -> decoded(cookie(text))).hasMessageContaining(why);
  }

  @Test
  void otherState_isRejected() {
    assertThatThrownBy(() -> decoded(StatefulSession.getDefaultInstance()))
        .hasMessageContaining("is no session state");
    assertThatThrownBy(() -> decoded(TimedSession.getDefaultInstance()))
        .hasMessageContaining("needs cookie or header");
  }

  @Test
  void overrideHostStatus_saysWhoKeepsSessions() {
    assertThat(SessionDecoder.keepers(CommonLbConfig.getDefaultInstance()))
        .containsExactlyInAnyOrder(Health.HEALTHY, Health.DEGRADED);
    assertThat(
            SessionDecoder.keepers(
                Text.merge(
                        "override_host_status { statuses: UNKNOWN statuses: DRAINING }",
                        CommonLbConfig.newBuilder())
                    .build()))
        .containsExactlyInAnyOrder(Health.HEALTHY, Health.DRAINING);
    assertThat(
            SessionDecoder.keepers(
                Text.merge("override_host_status {}", CommonLbConfig.newBuilder()).build()))
        .isEmpty();
  }
}
