package io.inmesh.conformance.world;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call to make. Immutable.
 *
 * @param service what is called: {@code orders}, {@code orders.shop}, {@code orders:8080}
 * @param path for gRPC {@code /package.Service/Method}
 * @param method HTTP method; gRPC calls are idempotent where this one is
 * @param headers to send
 * @param timeout of the caller's own; null: none
 */
public record Request(
    String service,
    String path,
    String method,
    Map<String, String> headers,
    @Nullable Duration timeout) {
  /** {@code GET} of {@code service/path}; for gRPC an idempotent call. */
  public static Request get(String target) {
    return of("GET", target);
  }

  /** {@code POST} to {@code service/path}; for gRPC a call that must not be repeated. */
  public static Request post(String target) {
    return of("POST", target);
  }

  private static Request of(String method, String target) {
    int slash = target.indexOf('/');
    return new Request(target.substring(0, slash), target.substring(slash), method, Map.of(), null);
  }

  /** With one more header. */
  public Request header(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new Request(service, path, method, more, timeout);
  }

  /** With a timeout. */
  public Request timeout(Duration value) {
    return new Request(service, path, method, headers, value);
  }

  boolean idempotent() {
    return !method.equals("POST") && !method.equals("PATCH");
  }
}
