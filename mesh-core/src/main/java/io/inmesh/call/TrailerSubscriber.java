package io.inmesh.call;

import java.net.http.HttpHeaders;
import java.net.http.HttpResponse.BodySubscriber;

/**
 * One who also wants to know what comes behind a response's body, which {@code java.net.http} has
 * no place for. Transports of the mesh look for it.
 *
 * @param <T> what becomes of the body
 */
public interface TrailerSubscriber<T> extends BodySubscriber<T> {
  /** The trailers, right before {@link #onComplete}; not called if there are none. */
  void onTrailers(HttpHeaders trailers);
}
