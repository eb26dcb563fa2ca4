package io.inmesh.http.exchange;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Following redirects (RFC 9110 section 15.4) as the JDK's client does: 303, and 301 and 302 after
 * a POST, become a GET; 307 and 308 repeat method and body, by subscribing to its publisher again.
 * Each hop is a call of its own through the mesh. Credentials do not follow to another authority.
 */
final class Redirects {
  static final int MOST = 5;
  private static final Set<String> CREDENTIALS =
      Set.of("authorization", "cookie", "proxy-authorization");

  private Redirects() {}

  /** Where to go next; null: this response is for the application. */
  static @Nullable HttpRequest next(
      HttpClient.Redirect policy, HttpRequest request, int status, HttpHeaders headers) {
    if (policy == HttpClient.Redirect.NEVER || !redirect(status)) {
      return null;
    }
    Optional<String> location = headers.firstValue("location");
    if (location.isEmpty()) {
      return null;
    }
    URI target;
    try {
      target = request.uri().resolve(location.get());
    } catch (IllegalArgumentException invalid) {
      return null;
    }
    String scheme = target.getScheme();
    if (scheme == null || target.getHost() == null || !allowed(policy, request.uri(), scheme)) {
      return null;
    }
    return request(request, target, status);
  }

  private static boolean redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  }

  private static boolean allowed(HttpClient.Redirect policy, URI from, String scheme) {
    boolean http = scheme.equalsIgnoreCase("http");
    if (!http && !scheme.equalsIgnoreCase("https")) {
      return false;
    }
    return policy == HttpClient.Redirect.ALWAYS
        || !http
        || !"https".equalsIgnoreCase(from.getScheme());
  }

  private static HttpRequest request(HttpRequest before, URI target, int status) {
    String method = before.method();
    boolean toGet =
        (status == 303 && !method.equals("HEAD"))
            || ((status == 301 || status == 302) && method.equals("POST"));
    boolean same = target.getRawAuthority().equalsIgnoreCase(before.uri().getRawAuthority());
    HttpRequest.Builder next = HttpRequest.newBuilder(target);
    before
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (same || !CREDENTIALS.contains(name.toLowerCase(Locale.ROOT))) {
                values.forEach(value -> next.header(name, value));
              }
            });
    before.timeout().ifPresent(next::timeout);
    if (toGet) {
      return next.GET().build();
    }
    next.expectContinue(before.expectContinue());
    return next.method(method, before.bodyPublisher().orElse(BodyPublishers.noBody())).build();
  }
}
