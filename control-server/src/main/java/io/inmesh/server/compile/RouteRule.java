package io.inmesh.server.compile;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One rule of a table: what it takes and where that goes.
 *
 * @param name for people: {@code HTTPRoute shop/orders#rule}
 * @param match what it takes
 * @param backends where it goes, by weight; the weights are positive
 * @param headers changes for all backends
 * @param timeout of the whole request; zero or null for none
 * @param perTryTimeout of each attempt; zero or null for none
 * @param retry what is tried again
 */
record RouteRule(
    String name,
    RequestMatch match,
    List<Backend> backends,
    HeaderEdits headers,
    @Nullable Duration timeout,
    @Nullable Duration perTryTimeout,
    RetryRule retry) {

  /** Sends everything to the service itself. */
  static RouteRule to(MeshService service, MeshPort port, @Nullable Duration timeout) {
    return new RouteRule(
        "default",
        RequestMatch.ANY,
        List.of(new Backend.Valid(Names.cluster(service, port), 1, HeaderEdits.NONE)),
        HeaderEdits.NONE,
        timeout,
        null,
        RetryRule.IMPLICIT);
  }
}
