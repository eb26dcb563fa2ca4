package io.inmesh.server.config;

import io.inmesh.server.config.VirtualServiceSpec.Text;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cross-origin resource sharing (Gateway API's filter CORS, Istio's {@code corsPolicy}).
 *
 * @param origins that may use the server; the text {@code *}: all
 * @param methods that pages may use; {@code *}: all; empty: not said
 * @param headers that pages may send; {@code *}: all; empty: not said
 * @param exposed fields of responses that pages may read
 * @param maxAge for which browsers may remember the answer; null: as long as they like
 * @param credentials whether requests may carry cookies
 * @param forwardOthers whether preflight requests of other origins reach the application
 */
public record CorsRules(
    List<Text> origins,
    List<String> methods,
    List<String> headers,
    List<String> exposed,
    @Nullable Duration maxAge,
    boolean credentials,
    boolean forwardOthers) {
  /** Copies the lists. */
  public CorsRules {
    origins = List.copyOf(origins);
    methods = List.copyOf(methods);
    headers = List.copyOf(headers);
    exposed = List.copyOf(exposed);
  }
}
