package io.inmesh.server.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Somebody who decides about requests for policies with the action CUSTOM (Istio's extension
 * provider).
 *
 * @param name by which policies name it
 * @param service host of the service that decides, without a namespace before it
 * @param port of that service
 * @param timeout how long a decision may take
 * @param failOpen whether requests pass that it did not decide about
 * @param statusOnError HTTP status of those that do not pass
 * @param body what it is shown of the body; null: nothing
 * @param http how it is asked over HTTP; null: over gRPC
 */
public record ExtensionProvider(
    String name,
    String service,
    int port,
    Duration timeout,
    boolean failOpen,
    int statusOnError,
    @Nullable Body body,
    @Nullable Http http) {
  /**
   * How much it is shown of a request's body.
   *
   * @param maxBytes as many at most
   * @param allowPartial whether the beginning of a longer one will do
   * @param asBytes whether it is shown as it is, not as text
   */
  public record Body(int maxBytes, boolean allowPartial, boolean asBytes) {}

  /**
   * Of one that is asked over HTTP. Header names may have {@code *} at one end.
   *
   * @param pathPrefix before the path of the request; may be empty
   * @param includeRequestHeadersInCheck what it is shown, besides {@code Authorization}
   * @param includeAdditionalHeadersInCheck what it is sent besides
   * @param headersToUpstreamOnAllow what admitted requests get of its answer
   * @param headersToDownstreamOnAllow what responses get of its answer
   * @param headersToDownstreamOnDeny what refusals get of its answer; empty: everything
   */
  public record Http(
      String pathPrefix,
      List<String> includeRequestHeadersInCheck,
      Map<String, String> includeAdditionalHeadersInCheck,
      List<String> headersToUpstreamOnAllow,
      List<String> headersToDownstreamOnAllow,
      List<String> headersToDownstreamOnDeny) {
    /** Copies the collections. */
    public Http {
      includeRequestHeadersInCheck = List.copyOf(includeRequestHeadersInCheck);
      includeAdditionalHeadersInCheck = Map.copyOf(includeAdditionalHeadersInCheck);
      headersToUpstreamOnAllow = List.copyOf(headersToUpstreamOnAllow);
      headersToDownstreamOnAllow = List.copyOf(headersToDownstreamOnAllow);
      headersToDownstreamOnDeny = List.copyOf(headersToDownstreamOnDeny);
    }
  }
}
