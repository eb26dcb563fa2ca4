package io.inmesh.server.compile;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.config.core.v3.HealthStatusSet;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.envoyproxy.envoy.type.http.v3.Cookie;
import io.inmesh.server.config.SessionPersistence;
import io.inmesh.wire.filters.v1.TimedSession;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Sticky sessions. */
final class SessionResources {
  /** Where no name is given. */
  private static final String USUAL_NAME = "inmesh-session";

  private static final String PATH = "/";

  private SessionResources() {}

  /** What switches a route's sessions on. */
  static StatefulSessionPerRoute of(SessionPersistence session) {
    Message state = state(session);
    return StatefulSessionPerRoute.newBuilder()
        .setStatefulSession(
            StatefulSession.newBuilder()
                .setSessionState(
                    TypedExtensionConfig.newBuilder()
                        .setName(
                            session.type() == SessionPersistence.Type.COOKIE
                                ? "envoy.http.stateful_session.cookie"
                                : "envoy.http.stateful_session.header")
                        .setTypedConfig(Any.pack(state))))
        .build();
  }

  /** Envoy's own message where it can say it all: cookies whose life the cookie tells. */
  private static Message state(SessionPersistence session) {
    String name = session.sessionName() == null ? USUAL_NAME : session.sessionName();
    boolean cookie = session.type() == SessionPersistence.Type.COOKIE;
    Duration absolute = positive(session.absoluteTimeout());
    Duration idle = positive(session.idleTimeout());
    boolean timed = idle != null || (absolute != null && !(cookie && session.permanentCookie()));
    if (timed) {
      TimedSession.Builder made =
          TimedSession.newBuilder().setPermanent(cookie && session.permanentCookie());
      if (cookie) {
        made.setCookie(name).setPath(PATH);
      } else {
        made.setHeader(name);
      }
      if (absolute != null) {
        made.setAbsoluteTimeout(Protos.duration(absolute));
      }
      if (idle != null) {
        made.setIdleTimeout(Protos.duration(idle));
      }
      return made.build();
    }
    if (!cookie) {
      return HeaderBasedSessionState.newBuilder().setName(name).build();
    }
    Cookie.Builder made = Cookie.newBuilder().setName(name).setPath(PATH);
    if (absolute != null) {
      made.setTtl(Protos.duration(absolute));
    }
    return CookieBasedSessionState.newBuilder().setCookie(made).build();
  }

  private static @Nullable Duration positive(@Nullable Duration duration) {
    return duration == null || duration.isZero() ? null : duration;
  }

  /** Endpoints that drain keep the sessions they have. */
  static void keepWhileDraining(Cluster.Builder cluster) {
    cluster
        .getCommonLbConfigBuilder()
        .setOverrideHostStatus(
            HealthStatusSet.newBuilder()
                .addStatuses(HealthStatus.UNKNOWN)
                .addStatuses(HealthStatus.HEALTHY)
                .addStatuses(HealthStatus.DEGRADED)
                .addStatuses(HealthStatus.DRAINING));
  }
}
