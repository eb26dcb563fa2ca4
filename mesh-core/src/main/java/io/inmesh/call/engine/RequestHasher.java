package io.inmesh.call.engine;

import com.google.re2j.Pattern;
import io.inmesh.balance.XxHash64;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.model.HashPolicy;
import io.inmesh.route.Cookies;
import io.inmesh.route.HashKey;
import io.inmesh.route.PathRewrite;
import io.inmesh.route.QueryParameters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hash policies of a route, compiled. Each that applies is combined with those before, rotated
 * by one bit so that equal ones do not cancel each other out; a terminal one ends the list if there
 * is a hash. Immutable.
 *
 * @see <a
 *     href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-routeaction-hashpolicy">HashPolicy</a>
 */
final class RequestHasher {
  /** No policies. */
  static final RequestHasher NONE = new RequestHasher(List.of(), Extensions.NONE);

  private static final int COOKIE_BITS = 64;

  private final Source[] sources;

  /** One policy; its hash, or null if it does not apply. */
  private record Source(
      HashPolicy policy, @Nullable Pattern pattern, String substitution, HashKey key) {
    Source(HashPolicy policy, @Nullable Pattern pattern, String substitution) {
      this(policy, pattern, substitution, request -> null);
    }
  }

  private RequestHasher(List<HashPolicy> policies, Extensions extensions) {
    this.sources = new Source[policies.size()];
    for (int i = 0; i < sources.length; i++) {
      sources[i] = source(policies.get(i), extensions);
    }
  }

  private static Source source(HashPolicy policy, Extensions extensions) {
    if (policy instanceof HashPolicy.Header header && header.regex() != null) {
      String substitution = header.substitution() == null ? "" : header.substitution();
      return new Source(
          policy, PathRewrite.pattern(header.regex()), PathRewrite.replacement(substitution));
    }
    return policy instanceof HashPolicy.Custom custom
        ? new Source(policy, null, "", extensions.hashKey(custom.name()))
        : new Source(policy, null, "");
  }

  static RequestHasher of(List<HashPolicy> policies, Extensions extensions) {
    return policies.isEmpty() ? NONE : new RequestHasher(policies, extensions);
  }

  /**
   * The hash of a request.
   *
   * @param self the hash of this process, which stands for the address of the caller
   */
  RequestHash hash(RequestHead head, long self, Randomness random) {
    if (sources.length == 0) {
      return RequestHash.NONE;
    }
    boolean present = false;
    long hash = 0;
    List<String> cookies = List.of();
    for (Source source : sources) {
      HashPolicy policy = source.policy();
      String text = text(source, head);
      if (text == null && policy instanceof HashPolicy.Cookie cookie && cookie.ttl() != null) {
        text = generated(random);
        cookies = cookies.isEmpty() ? new ArrayList<>(1) : cookies;
        cookies.add(setCookie(cookie, cookie.ttl(), text));
      }
      if (text != null || policy instanceof HashPolicy.Source) {
        long own = text == null ? self : XxHash64.hash(text);
        hash = present ? Long.rotateLeft(hash, 1) ^ own : own;
        present = true;
      }
      if (present && policy.terminal()) {
        break;
      }
    }
    return present ? new RequestHash(true, hash, cookies, null) : RequestHash.NONE;
  }

  private static @Nullable String text(Source source, RequestHead head) {
    HashPolicy policy = source.policy();
    if (policy instanceof HashPolicy.Header header) {
      String value = value(head, header.name());
      return value == null || source.pattern() == null
          ? value
          : source.pattern().matcher(value).replaceAll(source.substitution());
    }
    if (policy instanceof HashPolicy.Cookie cookie) {
      return Cookies.get(head.headers(), cookie.name());
    }
    if (policy instanceof HashPolicy.Query query) {
      return QueryParameters.first(head.path(), query.name());
    }
    return policy instanceof HashPolicy.Custom ? source.key().of(head) : null;
  }

  /** Several values count as one, whatever their order. */
  private static @Nullable String value(RequestHead head, String name) {
    switch (name) {
      case ":authority" -> {
        return head.authority();
      }
      case ":path" -> {
        return head.path();
      }
      case ":method" -> {
        return head.method();
      }
      default -> {
        Headers headers = head.headers();
        String first = headers.get(name);
        if (first == null) {
          return null;
        }
        List<String> all = headers.all(name);
        return all.size() == 1 ? first : String.join("", all.stream().sorted().toList());
      }
    }
  }

  private static String generated(Randomness random) {
    String digits = Long.toHexString(random.nextLong());
    return "0".repeat(COOKIE_BITS / 4 - digits.length()) + digits;
  }

  private static String setCookie(HashPolicy.Cookie cookie, Duration ttl, String value) {
    StringBuilder text = new StringBuilder(cookie.name()).append("=\"").append(value).append('"');
    if (!ttl.isZero()) {
      text.append("; Max-Age=").append(ttl.toSeconds());
    }
    if (!cookie.path().isEmpty()) {
      text.append("; Path=").append(cookie.path());
    }
    return text.append("; HttpOnly").toString();
  }
}
