package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API {@code HTTPRoute}: the standard channel, and the experimental {@code retry} and
 * {@code sessionPersistence}.
 *
 * @param parentRefs what the route attaches to
 * @param hostnames without effect on Service parents
 * @param rules in the order written
 */
public record HttpRouteSpec(List<ParentRef> parentRefs, List<String> hostnames, List<Rule> rules)
    implements RouteSpec {

  /** Copies the lists. */
  public HttpRouteSpec {
    parentRefs = List.copyOf(parentRefs);
    hostnames = List.copyOf(hostnames);
    rules = List.copyOf(rules);
  }

  /**
   * One rule.
   *
   * @param index its place in the route, from 0
   * @param name the {@code sectionName} by which policies refer to it; empty if none
   * @param matches alternatives, never empty: a rule without matches has one for all paths
   * @param filters in the order written
   * @param backendRefs empty means 500, unless a filter answers
   * @param timeouts limits of time
   * @param retry experimental; null if not given
   * @param sessionPersistence experimental; null if not given
   * @param provenance where it is written
   */
  public record Rule(
      int index,
      String name,
      List<Match> matches,
      List<RouteFilter> filters,
      List<BackendRef> backendRefs,
      Timeouts timeouts,
      @Nullable RouteRetry retry,
      @Nullable SessionPersistence sessionPersistence,
      Provenance provenance) {
    /** Copies the lists. */
    public Rule {
      matches = List.copyOf(matches);
      filters = List.copyOf(filters);
      backendRefs = List.copyOf(backendRefs);
    }
  }

  /**
   * Conditions of which all must hold.
   *
   * @param path on the path; prefix {@code /} unless given
   * @param headers all must match
   * @param queryParams all must match
   * @param method the HTTP method; null for any
   * @param provenance where it is written
   */
  public record Match(
      PathMatch path,
      List<ValueMatch> headers,
      List<ValueMatch> queryParams,
      @Nullable String method,
      Provenance provenance) {
    /** Copies the lists. */
    public Match {
      headers = List.copyOf(headers);
      queryParams = List.copyOf(queryParams);
    }
  }

  /**
   * A condition on the path.
   *
   * @param type how to compare
   * @param value the path, the prefix (whole segments) or an RE2 expression for all of the path
   */
  public record PathMatch(Type type, String value) {
    /** Every path. */
    public static final PathMatch ANY = new PathMatch(Type.PATH_PREFIX, "/");

    /** How a path is compared. */
    public enum Type {
      /** Equal, case included. */
      EXACT,
      /** Begins with these segments. */
      PATH_PREFIX,
      /** The whole path matches an RE2 expression. */
      REGULAR_EXPRESSION
    }
  }

  /**
   * Limits of time. Zero means no limit, null means that the rule does not say.
   *
   * @param request from the request's start to the end of the response, retries included
   * @param backendRequest for each attempt
   */
  public record Timeouts(@Nullable Duration request, @Nullable Duration backendRequest) {
    /** Nothing said. */
    public static final Timeouts NONE = new Timeouts(null, null);
  }
}
