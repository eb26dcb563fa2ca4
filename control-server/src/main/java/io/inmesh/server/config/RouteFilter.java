package io.inmesh.server.config;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a request besides routing it (Gateway API {@code HTTPRouteFilter}, {@code
 * GRPCRouteFilter}). All standard filters are parsed; what is not honoured yet has a finding.
 */
public sealed interface RouteFilter {

  /** Where it is written. */
  Provenance provenance();

  /**
   * Changes headers: first {@code set}, then {@code add}, then {@code remove}.
   *
   * @param set replaces the header
   * @param add appends another value
   * @param remove names, any case
   */
  record HeaderChanges(List<Header> set, List<Header> add, List<String> remove) {
    /** Copies the lists. */
    public HeaderChanges {
      set = List.copyOf(set);
      add = List.copyOf(add);
      remove = List.copyOf(remove);
    }
  }

  /**
   * A header with its value.
   *
   * @param name any case
   * @param value at most 4096 characters
   */
  record Header(String name, String value) {}

  /** Changes the request's headers. */
  record RequestHeaders(HeaderChanges changes, Provenance provenance) implements RouteFilter {}

  /** Changes the response's headers. */
  record ResponseHeaders(HeaderChanges changes, Provenance provenance) implements RouteFilter {}

  /**
   * A path to put in place of the request's.
   *
   * @param prefixOnly whether only the matched prefix is replaced
   * @param value the new path or prefix
   */
  record PathRewrite(boolean prefixOnly, String value) {}

  /**
   * Answers with a redirect.
   *
   * @param scheme {@code http} or {@code https}; null keeps the request's
   * @param hostname null keeps the request's
   * @param path null keeps the request's
   * @param port null follows the scheme
   * @param statusCode 301, 302, 303, 307 or 308
   */
  record RequestRedirect(
      @Nullable String scheme,
      @Nullable String hostname,
      @Nullable PathRewrite path,
      @Nullable Integer port,
      int statusCode,
      Provenance provenance)
      implements RouteFilter {}

  /**
   * Changes host or path before the request is sent.
   *
   * @param hostname null keeps the request's
   * @param path null keeps the request's
   */
  record UrlRewrite(@Nullable String hostname, @Nullable PathRewrite path, Provenance provenance)
      implements RouteFilter {}

  /**
   * Sends a copy of the request elsewhere and ignores the answer.
   *
   * @param backend where; its weight and filters have no meaning
   * @param numerator of the mirrored share
   * @param denominator of the mirrored share, more than 0
   */
  record RequestMirror(BackendRef backend, int numerator, int denominator, Provenance provenance)
      implements RouteFilter {}

  /** Answers preflight requests and adds the headers of cross-origin resource sharing. */
  record Cors(CorsRules rules, Provenance provenance) implements RouteFilter {}

  /**
   * Asks another service whether the request may pass.
   *
   * @param protocol {@code HTTP} or {@code GRPC}
   * @param backend the service asked
   * @param settings {@code http}, {@code grpc} and {@code forwardBody} as written, by dotted path
   */
  record ExternalAuth(
      String protocol, BackendRef backend, Map<String, String> settings, Provenance provenance)
      implements RouteFilter {
    /** Copies the settings. */
    public ExternalAuth {
      settings = Map.copyOf(settings);
    }
  }

  /** Names an object of the same namespace that says more; for us a RoutePolicy. */
  record ExtensionRef(String group, String kind, String name, Provenance provenance)
      implements RouteFilter {}
}
