package io.inmesh.route;

import com.google.re2j.Pattern;
import io.inmesh.match.TextTest;
import io.inmesh.model.PathMatch;
import io.inmesh.model.Rewrite;
import org.jspecify.annotations.Nullable;

/** The path change of a route, compiled. The query is kept. Immutable. */
public final class PathRewrite {
  private final @Nullable String prefix;
  private final @Nullable String whole;
  private final @Nullable Pattern pattern;
  private final String substitution;
  private final int matched;
  private final boolean segments;

  private PathRewrite(Rewrite rewrite, PathMatch match) {
    this(rewrite.prefix(), rewrite.path(), rewrite.regex(), rewrite.substitution(), match);
  }

  private PathRewrite(
      @Nullable String prefix,
      @Nullable String whole,
      @Nullable String regex,
      @Nullable String substitution,
      PathMatch match) {
    this.prefix = prefix;
    this.whole = whole;
    this.pattern = regex == null ? null : TextTest.pattern(regex);
    this.substitution = substitution == null ? "" : replacement(substitution);
    this.segments = match instanceof PathMatch.SegmentPrefix;
    if (match instanceof PathMatch.Prefix p) {
      matched = p.prefix().length();
    } else if (match instanceof PathMatch.SegmentPrefix p) {
      matched = p.prefix().length();
    } else if (match instanceof PathMatch.Exact p) {
      matched = p.path().length();
    } else if (prefix != null) {
      throw new IllegalArgumentException(
          "a prefix cannot be rewritten where the path is matched by a regex");
    } else {
      matched = 0;
    }
  }

  /**
   * Compiles; null if the path stays.
   *
   * @throws IllegalArgumentException if it does not fit the match or a regex is wrong
   */
  public static @Nullable PathRewrite of(Rewrite rewrite, PathMatch match) {
    return rewrite.prefix() == null && rewrite.path() == null && rewrite.regex() == null
        ? null
        : new PathRewrite(rewrite, match);
  }

  /** The change of a redirect; null if the path stays. */
  public static @Nullable PathRewrite of(
      @Nullable String prefix, @Nullable String whole, PathMatch match) {
    return prefix == null && whole == null
        ? null
        : new PathRewrite(prefix, whole, null, null, match);
  }

  /** A pattern of linear time. */
  public static Pattern pattern(String regex) {
    return TextTest.pattern(regex);
  }

  /** Envoy writes groups as {@code \1}, RE2/J as {@code $1}. */
  public static String replacement(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\\' && i + 1 < text.length()) {
        char next = text.charAt(++i);
        if (next >= '0' && next <= '9') {
          out.append('$').append(next);
        } else {
          out.append('\\').append(next);
        }
      } else if (c == '$') {
        out.append("\\$");
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** The new path and query. */
  public String apply(String pathAndQuery) {
    String path = HostRoutes.withoutQuery(pathAndQuery);
    String query = pathAndQuery.substring(path.length());
    if (whole != null) {
      return whole + query;
    }
    if (pattern != null) {
      return pattern.matcher(path).replaceAll(substitution) + query;
    }
    String rest = path.substring(Math.min(matched, path.length()));
    String start = prefix == null ? "" : prefix;
    if (segments && start.endsWith("/") && rest.startsWith("/")) {
      rest = rest.substring(1);
    }
    String changed = start + rest;
    return (changed.startsWith("/") ? changed : "/" + changed) + query;
  }
}
