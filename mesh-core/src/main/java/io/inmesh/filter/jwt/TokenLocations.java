package io.inmesh.filter.jwt;

import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtProvider.FromHeader;
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
          if (has(value, header.prefix())) {
            tokens = plus(tokens, token(value, header.prefix().length()));
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
      String value = cookie(head.headers(), cookie);
      if (value != null) {
        tokens = plus(tokens, value);
      }
    }
    return tokens;
  }

  /** Takes the tokens out of headers and query, so that the application does not see them. */
  void remove(RequestHead head) {
    for (FromHeader header : headers) {
      String value = head.headers().get(header.name());
      if (value != null && has(value, header.prefix())) {
        head.headers().remove(header.name());
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

  private static boolean has(String value, String prefix) {
    return value.regionMatches(true, 0, prefix, 0, prefix.length());
  }

  /** What looks like a token after the prefix; the rest, if any, is somebody else's. */
  private static String token(String value, int from) {
    int end = from;
    while (end < value.length()) {
      char c = value.charAt(end);
      boolean part =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-_.=".indexOf(c) >= 0;
      if (!part) {
        break;
      }
      end++;
    }
    return value.substring(from, end);
  }

  private static @org.jspecify.annotations.Nullable String cookie(Headers headers, String name) {
    for (String header : headers.all("cookie")) {
      for (String pair : header.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
          return pair.substring(equals + 1).strip();
        }
      }
    }
    return null;
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
