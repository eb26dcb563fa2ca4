package io.inmesh.route;

import io.inmesh.model.PathPolicy;
import io.inmesh.model.PathPolicy.EscapedSlashes;
import org.jspecify.annotations.Nullable;

/**
 * Brings a request's path into the one form that policies are written for (RFC 3986, section 6.2.2,
 * as Envoy does it), and refuses what applications are known to read in more than one way: doubly
 * encoded separators, dot segments hidden behind path parameters, control characters. Stateless.
 */
public final class CanonicalPath {
  private CanonicalPath() {}

  /**
   * The form of a path with its query, which stays as it is; the same object if there is nothing to
   * do; null if the request is to be refused.
   */
  public static @Nullable String of(String target, PathPolicy policy) {
    if (!policy.normalize() || target.equals("*")) {
      return target;
    }
    int query = target.indexOf('?');
    int end = query < 0 ? target.length() : query;
    if (plain(target, end)) {
      return target.indexOf('#', end) < 0 ? target : null;
    }
    if (end == 0 || (target.charAt(0) != '/' && target.charAt(0) != '\\')) {
      return null;
    }
    String decoded = decoded(target, end, policy.escaped());
    String resolved = decoded == null ? null : resolved(decoded, policy.mergeSlashes());
    if (resolved == null || target.indexOf('#', end) >= 0) {
      return null;
    }
    return query < 0 ? resolved : resolved + target.substring(query);
  }

  /**
   * The path of a target for comparing it with what policies name: without query and path
   * parameters, and in the letters that applications read, since they decode {@code %3A} as well.
   * What would divide the path otherwise than its sender did stays encoded.
   */
  public static String comparable(String target) {
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    return isComparable(path) ? path : readable(path, true);
  }

  /** Whether the path of a target is in that form: most are. */
  public static boolean isComparable(String target) {
    for (int i = 0; i < target.length() && target.charAt(i) != '?'; i++) {
      if (target.charAt(i) == ';' || target.charAt(i) == '%') {
        return false;
      }
    }
    return true;
  }

  /** What a policy names, in the same letters. */
  public static String named(String path) {
    return readable(path, false);
  }

  private static String readable(String path, boolean dropParameters) {
    StringBuilder readable = new StringBuilder(path.length());
    boolean parameter = false;
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      parameter = dropParameters && (c == ';' || (parameter && c != '/'));
      if (parameter) {
        continue;
      }
      int octet = c == '%' ? octet(path, i, path.length()) : -1;
      if (octet < 0) {
        readable.append(c);
      } else {
        append(readable, octet, divides(octet) ? null : String.valueOf((char) octet));
        i += 2;
      }
    }
    return readable.toString();
  }

  /**
   * Whether an octet is no character of its own, or separates something where it is not encoded.
   */
  private static boolean divides(int octet) {
    return octet <= ' ' || octet >= 127 || "/\\%?#;".indexOf(octet) >= 0;
  }

  /** Whether a path certainly is in its form: most are. */
  private static boolean plain(String target, int end) {
    char before = 'x';
    for (int i = 0; i < end; i++) {
      char c = target.charAt(i);
      boolean harmless =
          alphanumeric(c) || "-_~:@".indexOf(c) >= 0 || ((c == '/' || c == '.') && before != '/');
      if (!harmless) {
        return false;
      }
      before = c;
    }
    return end > 0 && target.charAt(0) == '/';
  }

  /** Percent-encoding as short as it can be; null: refused. */
  private static @Nullable String decoded(String target, int end, EscapedSlashes slashes) {
    StringBuilder path = new StringBuilder(end);
    for (int i = 0; i < end; i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 127 || c == '#') {
        return null;
      }
      if (c == '\\') {
        path.append('/');
      } else if (c != '%') {
        path.append(c);
      } else {
        int octet = octet(target, i, end);
        if (octet < ' ' || octet == 127 || (octet == '%' && hidesSeparator(target, i + 3, end))) {
          return null;
        }
        if (octet == '/' || octet == '\\') {
          if (slashes == EscapedSlashes.REFUSE) {
            return null;
          }
          append(path, octet, slashes == EscapedSlashes.DECODE ? "/" : null);
        } else {
          append(path, octet, unreserved(octet) ? String.valueOf((char) octet) : null);
        }
        i += 2;
      }
    }
    return path.toString();
  }

  private static void append(StringBuilder path, int octet, @Nullable String plain) {
    if (plain != null) {
      path.append(plain);
    } else {
      path.append('%').append(digit(octet >> 4)).append(digit(octet & 15));
    }
  }

  private static char digit(int value) {
    return (char) (value < 10 ? '0' + value : 'A' + value - 10);
  }

  /** The octet of the escape at a position; -1 if it is none. */
  private static int octet(String target, int at, int end) {
    if (at + 2 >= end) {
      return -1;
    }
    int high = Character.digit(target.charAt(at + 1), 16);
    int low = Character.digit(target.charAt(at + 2), 16);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
  }

  /** Whether what follows an encoded percent sign would become a separator if decoded once more. */
  private static boolean hidesSeparator(String target, int at, int end) {
    int octet = octet(target, at - 1, end);
    return octet >= 0 && (octet < ' ' || "/\\.;%".indexOf(octet) >= 0);
  }

  private static boolean unreserved(int octet) {
    return alphanumeric(octet) || "-._~".indexOf(octet) >= 0;
  }

  private static boolean alphanumeric(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  /** Without dot segments; null if one hides behind a parameter. */
  private static @Nullable String resolved(String path, boolean mergeSlashes) {
    StringBuilder resolved = new StringBuilder(path.length());
    int start = 1;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      int parameters = path.indexOf(';', start);
      int nameEnd = parameters < 0 || parameters > end ? end : parameters;
      boolean dot = nameEnd - start == 1 && path.charAt(start) == '.';
      boolean dots = nameEnd - start == 2 && path.startsWith("..", start);
      boolean nameless = nameEnd == start;
      if (nameEnd < end && (dot || dots || nameless)) {
        return null;
      }
      boolean last = slash < 0;
      if (dots) {
        resolved.setLength(Math.max(0, resolved.lastIndexOf("/")));
      }
      if (dot || dots) {
        if (last) {
          resolved.append('/');
        }
      } else if (!(nameless && mergeSlashes && !last)) {
        resolved.append('/').append(path, start, end);
      }
      start = end + 1;
    }
    return resolved.toString();
  }
}
