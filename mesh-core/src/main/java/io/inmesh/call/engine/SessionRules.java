package io.inmesh.call.engine;

import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.filter.BuiltInFilters;
import io.inmesh.filter.FilterRegistry;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.SessionAffinity;
import io.inmesh.model.SessionAffinity.Carrier;
import io.inmesh.route.Cookies;
import io.inmesh.route.SessionToken;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a route's calls stick to endpoints, as Envoy's {@code envoy.filters.http.stateful_session}
 * says. No filter of a chain: it has a say in which share of a split a call goes to.
 */
record SessionRules(SessionAffinity affinity) {
  /** Those in force; null: calls do not stick. */
  static @Nullable SessionRules of(
      List<FilterConfig> filters, List<Map<String, FilterConfig>> overrides) {
    FilterConfig config = FilterRegistry.inForce(BuiltInFilters.SESSIONS, filters, overrides);
    return config != null && config.settings() instanceof SessionAffinity affinity
        ? new SessionRules(affinity)
        : null;
  }

  /**
   * What a call has of a session; null if its path has none.
   *
   * @param nowSeconds since the epoch
   */
  @Nullable Session session(RequestHead head, long nowSeconds) {
    if (!concerns(head.path())) {
      return null;
    }
    String text =
        affinity.carrier() == Carrier.COOKIE
            ? Cookies.get(head.headers(), affinity.name())
            : head.headers().get(affinity.name());
    SessionToken token = text == null ? null : SessionToken.parse(text);
    boolean over =
        token != null && (past(token.expires(), nowSeconds) || past(token.ends(), nowSeconds));
    return new Session(this, over ? null : token);
  }

  private static boolean past(long second, long now) {
    return second != 0 && now > second;
  }

  /** Whether the cookie's path is one of the elements that the request's begins with. */
  private boolean concerns(String path) {
    String prefix = affinity.path();
    if (prefix.isEmpty() || prefix.equals("/")) {
      return true;
    }
    if (!path.startsWith(prefix)) {
      return false;
    }
    return prefix.endsWith("/")
        || path.length() == prefix.length()
        || "/?#".indexOf(path.charAt(prefix.length())) >= 0;
  }

  /** Hands a token out with a response. */
  void write(SessionToken token, Headers headers) {
    if (affinity.carrier() == Carrier.HEADER) {
      headers.set(affinity.name(), timed() ? token.message() : token.plain());
      return;
    }
    StringBuilder cookie =
        new StringBuilder(affinity.name()).append("=\"").append(token.message()).append('"');
    Duration absolute = affinity.absolute();
    if (affinity.permanent() && absolute != null) {
      cookie.append("; Max-Age=").append(absolute.toSeconds());
    }
    if (!affinity.path().isEmpty()) {
      cookie.append("; Path=").append(affinity.path());
    }
    headers.add("set-cookie", cookie.append("; HttpOnly").toString());
  }

  private boolean timed() {
    return affinity.absolute() != null || affinity.idle() != null;
  }
}
