package io.inmesh.route;

import io.inmesh.call.RequestHead;
import org.jspecify.annotations.Nullable;

/**
 * What an application hashes requests by, for ring hash and Maglev: a tenant in the path, say. It
 * applies to the routes whose {@code RoutePolicy} names it in {@code hashKey}. Called in the
 * request path: thread-safe, and must not block.
 */
@FunctionalInterface
public interface HashKey {
  /** Equal texts go to the same endpoint; null, or an exception: this request has none. */
  @Nullable String of(RequestHead request);
}
