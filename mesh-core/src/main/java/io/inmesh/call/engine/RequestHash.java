package io.inmesh.call.engine;

import io.inmesh.call.Headers;
import java.util.List;

/**
 * What a request's hash policies gave, and the cookies that pin the caller's next requests to the
 * same hash. Immutable.
 *
 * @param present whether any policy gave a hash
 * @param value the hash
 * @param cookies values of {@code Set-Cookie} for the response
 */
record RequestHash(boolean present, long value, List<String> cookies) {
  /** No policy, or none that applies: the balancer draws at random. */
  static final RequestHash NONE = new RequestHash(false, 0, List.of());

  RequestHash {
    cookies = List.copyOf(cookies);
  }

  /** Hands the cookies out with a response. */
  void setCookies(Headers headers) {
    for (int i = 0; i < cookies.size(); i++) {
      headers.add("set-cookie", cookies.get(i));
    }
  }
}
