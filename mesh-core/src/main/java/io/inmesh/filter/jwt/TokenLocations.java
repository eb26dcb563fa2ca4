package io.inmesh.filter.jwt;

import io.inmesh.call.RequestHead;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtProvider.FromHeader;
import io.inmesh.route.Cookies;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Where the tokens of one provider are in a request. Immutable. */
final class TokenLocations {
  private final List<FromHeader> headers;
  private final List<String> parameters;
  private final List<String> cookies;

  TokenLocations(JwtProvider provider) {
    boolean defaults =
        provider.headers().isEmpty()
            && provider.parameters().isEmpty()
            && provider.cookies().isEmpty();
    headers = defaults ? List.of(new FromHeader("authorization", "Bearer ")) : provider.headers();
    parameters = defaults ? List.of("access_token") : provider.parameters();
    cookies = provider.cookies();
  }

  /** All tokens there are: each must be valid. */
  List<String> find(RequestHead head) {
    List<String> tokens = List.of();
    for (FromHeader header : headers) {
      if (head.headers().get(header.name()) != null) {
        for (String value : head.headers().all(header.name())) {
          int start = start(value, header.prefix());
          if (start >= 0) {
            tokens = plus(tokens, value.substring(start).strip());
          }
        }
      }
    }
    int query = parameters.isEmpty() ? -1 : head.path().indexOf('?');
    if (query >= 0) {
      for (String pair : head.path().substring(query + 1).split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && parameters.contains(decoded(pair.substring(0, equals)))) {
          tokens = plus(tokens, decoded(pair.substring(equals + 1)));
        }
      }
    }
    for (String cookie : cookies) {
      String value = Cookies.get(head.headers(), cookie);
      if (value != null) {
        tokens = plus(tokens, value);
      }
    }
    return tokens;
  }

  /**
   * Takes the tokens out of headers and query, so that the application does not see them. Cookies
   * stay, as Envoy leaves them.
   */
  void remove(RequestHead head) {
    for (FromHeader header : headers) {
      for (String value : head.headers().all(header.name())) {
        if (start(value, header.prefix()) >= 0) {
          head.headers().remove(header.name());
          break;
        }
      }
    }
    int query = parameters.isEmpty() ? -1 : head.path().indexOf('?');
    if (query < 0) {
      return;
    }
    StringBuilder rest = new StringBuilder();
    boolean found = false;
    for (String pair : head.path().substring(query + 1).split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0 && parameters.contains(decoded(pair.substring(0, equals)))) {
        found = true;
      } else {
        rest.append(rest.isEmpty() ? '?' : '&').append(pair);
      }
    }
    if (found) {
      head.path(head.path().substring(0, query) + rest);
    }
  }

  /**
   * Where a token begins: behind the prefix, wherever that is and in any case, because whoever
   * reads what was passed on may look for it like that; -1: there is none.
   */
  private static int start(String value, String prefix) {
    for (int i = 0; i <= value.length() - prefix.length(); i++) {
      if (value.regionMatches(true, i, prefix, 0, prefix.length())) {
        return i + prefix.length();
      }
    }
    return -1;
  }

  private static List<String> plus(List<String> tokens, String token) {
    List<String> more = tokens.isEmpty() ? new ArrayList<>(2) : tokens;
    more.add(token);
    return more;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }
}
