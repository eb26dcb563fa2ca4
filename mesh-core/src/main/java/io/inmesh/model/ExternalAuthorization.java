package io.inmesh.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Somebody else decides about requests (Envoy's {@code http.ext_authz.v3.ExtAuthz}).
 *
 * @param provider who is asked
 * @param timeout how long it may take
 * @param failOpen whether requests pass that nobody decided about
 * @param failureStatus the HTTP status of requests that nobody decided about, where they do not
 *     pass
 * @param selected what an earlier filter must have found for the provider to be asked; null: it is
 *     asked about every request
 * @param shown the headers that the provider is shown; null: the usual ones
 * @param body what it is shown of the body; null: nothing
 */
public record ExternalAuthorization(
    Provider provider,
    Duration timeout,
    boolean failOpen,
    int failureStatus,
    AccessMatch.@Nullable Metadata selected,
    @Nullable List<StringMatch> shown,
    @Nullable Body body) {
  /**
   * How much is shown of the body.
   *
   * @param maxBytes as many at most
   * @param allowPartial whether the beginning of a longer one will do; else that is refused with
   *     413
   * @param asBytes whether it is shown as it is, not as text; over gRPC only
   */
  public record Body(int maxBytes, boolean allowPartial, boolean asBytes) {}

  /** Who decides. */
  public sealed interface Provider {
    /** The service's host and port in the mesh. */
    String authority();
  }

  /** One that speaks {@code envoy.service.auth.v3.Authorization}. */
  public record Grpc(String authority) implements Provider {}

  /**
   * One that is sent the head of the request, and lets it pass by answering 200.
   *
   * @param pathPrefix before the request's own path; may be empty
   * @param adds fields that it is sent besides, by lower-case name
   * @param toUpstream fields of its answer that an admitted request gets
   * @param toCallerOnAllow fields of its answer that the response gets
   * @param toCallerOnDeny fields of its answer that a refusal gets; null: all
   */
  public record Http(
      String authority,
      String pathPrefix,
      Map<String, String> adds,
      List<StringMatch> toUpstream,
      List<StringMatch> toCallerOnAllow,
      @Nullable List<StringMatch> toCallerOnDeny)
      implements Provider {
    public Http {
      adds = Map.copyOf(adds);
      toUpstream = List.copyOf(toUpstream);
      toCallerOnAllow = List.copyOf(toCallerOnAllow);
      toCallerOnDeny = toCallerOnDeny == null ? null : List.copyOf(toCallerOnDeny);
    }
  }

  public ExternalAuthorization {
    shown = shown == null ? null : List.copyOf(shown);
  }
}
