package io.inmesh.call.engine;

import io.inmesh.call.Headers;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What ties a request to an endpoint: what its hash policies gave, with the cookies that pin the
 * caller's next requests to the same hash, and its session. Immutable.
 *
 * @param present whether any policy gave a hash
 * @param value the hash
 * @param cookies values of {@code Set-Cookie} for the response
 * @param session which goes before the hash; null: it has none
 */
record RequestHash(boolean present, long value, List<String> cookies, @Nullable Session session) {
  /** No policy, or none that applies: the balancer draws at random. */
  static final RequestHash NONE = new RequestHash(false, 0, List.of(), null);

  RequestHash {
    cookies = List.copyOf(cookies);
  }

  /** The same, as part of a session. */
  RequestHash with(@Nullable Session joined) {
    return new RequestHash(present, value, cookies, joined);
  }

  /** Hands the cookies out with a response. */
  void setCookies(Headers headers) {
    for (int i = 0; i < cookies.size(); i++) {
      headers.add("set-cookie", cookies.get(i));
    }
  }
}
