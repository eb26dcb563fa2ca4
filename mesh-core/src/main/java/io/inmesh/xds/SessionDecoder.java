package io.inmesh.xds;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.envoyproxy.envoy.config.core.v3.HealthStatus;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSession;
import io.envoyproxy.envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute;
import io.envoyproxy.envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState;
import io.envoyproxy.envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.Endpoint.Health;
import io.inmesh.model.SessionAffinity;
import io.inmesh.model.SessionAffinity.Carrier;
import io.inmesh.wire.filters.v1.TimedSession;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sticky sessions. */
final class SessionDecoder {
  static final String SESSIONS =
      "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.StatefulSession";
  static final String PER_ROUTE =
      "type.googleapis.com/envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute";

  private final Decoding decoding;

  SessionDecoder(Decoding decoding) {
    this.decoding = decoding;
  }

  /** Null: there are none, as where routes switch them on. */
  @Nullable SessionAffinity sessions(Any any, FieldPath path) throws Rejection {
    return sessions(decoding.unpack(any, StatefulSession.class, path), path);
  }

  /** Null: there are none here. */
  @Nullable SessionAffinity perRoute(Any any, FieldPath path) throws Rejection {
    StatefulSessionPerRoute config = decoding.unpack(any, StatefulSessionPerRoute.class, path);
    return switch (config.getOverrideCase()) {
      case DISABLED -> {
        if (!config.getDisabled()) {
          throw new Rejection(path.field("disabled"), "must be true");
        }
        yield null;
      }
      case STATEFUL_SESSION ->
          sessions(config.getStatefulSession(), path.field("stateful_session"));
      case OVERRIDE_NOT_SET -> throw new Rejection(path, "needs disabled or stateful_session");
    };
  }

  private @Nullable SessionAffinity sessions(StatefulSession session, FieldPath path)
      throws Rejection {
    if (!session.hasSessionState()) {
      return null;
    }
    FieldPath at = path.field("session_state").field("typed_config");
    Any any = session.getSessionState().getTypedConfig();
    boolean strict = session.getStrict();
    if (MessageTypes.is(any, CookieBasedSessionState.class)) {
      var cookie = decoding.unpack(any, CookieBasedSessionState.class, at).getCookie();
      FieldPath field = at.field("cookie");
      Duration ttl = decoding.positive(cookie.hasTtl(), cookie.getTtl(), field.field("ttl"));
      return cookie(cookie.getName(), cookie.getPath(), ttl, null, true, strict, field);
    }
    if (MessageTypes.is(any, HeaderBasedSessionState.class)) {
      return header(
          decoding.unpack(any, HeaderBasedSessionState.class, at).getName(),
          null,
          null,
          strict,
          at.field("name"));
    }
    if (MessageTypes.is(any, TimedSession.class)) {
      return timed(decoding.unpack(any, TimedSession.class, at), strict, at);
    }
    throw new Rejection(at, "'" + any.getTypeUrl() + "' is no session state that this version has");
  }

  private SessionAffinity timed(TimedSession session, boolean strict, FieldPath path)
      throws Rejection {
    Duration absolute =
        decoding.positive(
            session.hasAbsoluteTimeout(),
            session.getAbsoluteTimeout(),
            path.field("absolute_timeout"));
    Duration idle =
        decoding.positive(
            session.hasIdleTimeout(), session.getIdleTimeout(), path.field("idle_timeout"));
    return switch (session.getCarrierCase()) {
      case COOKIE ->
          cookie(
              session.getCookie(),
              session.getPath(),
              absolute,
              idle,
              session.getPermanent(),
              strict,
              path);
      case HEADER -> header(session.getHeader(), absolute, idle, strict, path.field("header"));
      case CARRIER_NOT_SET -> throw new Rejection(path, "needs cookie or header");
    };
  }

  private SessionAffinity cookie(
      String name,
      String cookiePath,
      @Nullable Duration absolute,
      @Nullable Duration idle,
      boolean permanent,
      boolean strict,
      FieldPath path)
      throws Rejection {
    if (decoding.headerName(name, path.field("name")).charAt(0) == ':') {
      throw new Rejection(path.field("name"), "is no name of a cookie");
    }
    decoding.headerValue(cookiePath, path.field("path"));
    if (cookiePath.indexOf(';') >= 0 || (!cookiePath.isEmpty() && cookiePath.charAt(0) != '/')) {
      throw new Rejection(path.field("path"), "is no path of a cookie");
    }
    return new SessionAffinity(Carrier.COOKIE, name, cookiePath, absolute, idle, permanent, strict);
  }

  private SessionAffinity header(
      String name,
      @Nullable Duration absolute,
      @Nullable Duration idle,
      boolean strict,
      FieldPath path)
      throws Rejection {
    String lower = decoding.headerName(name, path);
    if (lower.charAt(0) == ':') {
      throw new Rejection(path, "is no header of its own");
    }
    return new SessionAffinity(Carrier.HEADER, lower, "", absolute, idle, false, strict);
  }

  /** Endpoints of which health keep their sessions. */
  static Set<Health> keepers(Cluster.CommonLbConfig config) {
    if (!config.hasOverrideHostStatus()) {
      return BalancerPolicy.STICKY;
    }
    Set<Health> keepers = EnumSet.noneOf(Health.class);
    for (HealthStatus status : config.getOverrideHostStatus().getStatusesList()) {
      switch (status) {
        case UNKNOWN, HEALTHY -> keepers.add(Health.HEALTHY);
        case DEGRADED -> keepers.add(Health.DEGRADED);
        case DRAINING -> keepers.add(Health.DRAINING);
        case UNHEALTHY, TIMEOUT -> keepers.add(Health.UNHEALTHY);
        case UNRECOGNIZED -> {}
      }
    }
    return keepers;
  }
}
