package io.inmesh.http;

import java.net.http.HttpRequest.BodyPublisher;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/**
 * A request body that can be published from its start any number of times, also while it is being
 * published already. Requests with such a body can be retried, hedged and mirrored whatever its
 * size, and nothing of it is held back for that. The JDK's publishers of strings, byte arrays and
 * files are known to be repeatable; others are so only if the application says it:
 *
 * <pre>{@code
 * HttpRequest.newBuilder(uri).POST(RepeatableBody.of(BodyPublishers.ofInputStream(this::open)))
 * }</pre>
 */
public interface RepeatableBody extends BodyPublisher {
  /** A publisher of which that is true. */
  static RepeatableBody of(BodyPublisher publisher) {
    return new RepeatableBody() {
      @Override
      public long contentLength() {
        return publisher.contentLength();
      }

      @Override
      public void subscribe(Flow.Subscriber<? super ByteBuffer> subscriber) {
        publisher.subscribe(subscriber);
      }
    };
  }
}
