package io.inmesh.http;

import io.inmesh.MeshException.AttemptRecord;
import java.net.http.HttpResponse;
import java.util.List;

/**
 * A response of {@link MeshHttpClient}: says also how it was obtained. Immutable.
 *
 * @param <T> the body
 */
public interface MeshHttpResponse<T> extends HttpResponse<T> {
  /**
   * What was tried for it, oldest first; the last one answered. Empty: the mesh answered itself.
   */
  List<AttemptRecord> attempts();

  /** The attempts of any response; empty if it is not one of ours. */
  static List<AttemptRecord> attemptsOf(HttpResponse<?> response) {
    return response instanceof MeshHttpResponse<?> ours ? ours.attempts() : List.of();
  }
}
