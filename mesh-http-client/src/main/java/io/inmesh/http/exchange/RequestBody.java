package io.inmesh.http.exchange;

import io.inmesh.http.RepeatableBody;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Set;

/**
 * The body of a request, by what can be done with it.
 *
 * <p>The JDK's contract lets a client subscribe to a publisher again to repeat a request, but a
 * publisher over a one-shot source (an input stream, a reactive stream) then fails, or worse,
 * continues in the middle. So a body is sent twice only if it is known to be {@linkplain
 * RepeatableBody repeatable}, or if its bytes are held here, at most {@link #REPLAY_LIMIT}.
 */
sealed interface RequestBody {
  /** The largest body that is kept for a second attempt, in bytes. */
  int REPLAY_LIMIT = 64 * 1024;

  /** Publishers of the JDK that publish from memory, at once, on the subscribing thread. */
  Set<Class<?>> IN_MEMORY =
      Set.of(
          BodyPublishers.noBody().getClass(),
          BodyPublishers.ofByteArray(new byte[0]).getClass(),
          BodyPublishers.ofString("").getClass());

  /** The JDK's publisher of a file, which opens it for each subscriber. */
  String FILE = "jdk.internal.net.http.RequestPublishers$FilePublisher";

  /** In bytes; -1: not known. */
  long length();

  /** Whether it can be sent again. */
  boolean replayable();

  /** Nothing. */
  record None() implements RequestBody {
    static final None NONE = new None();

    @Override
    public long length() {
      return 0;
    }

    @Override
    public boolean replayable() {
      return true;
    }
  }

  /** Bytes in memory; {@code bytes} is never consumed, only duplicated. */
  record Buffered(ByteBuffer bytes) implements RequestBody {
    @Override
    public long length() {
      return bytes.remaining();
    }

    @Override
    public boolean replayable() {
      return true;
    }
  }

  /** To be pulled from its publisher, once or, if it is replayable, by each attempt. */
  record Streaming(BodyPublisher publisher, long length, boolean replayable)
      implements RequestBody {
    /** Whether it is worth holding, and how. */
    Holding holding() {
      if (length < 0 || length > REPLAY_LIMIT) {
        return Holding.NO;
      }
      if (IN_MEMORY.contains(publisher.getClass())) {
        return Holding.AT_ONCE;
      }
      return replayable ? Holding.NO : Holding.ELSEWHERE;
    }
  }

  /** Whether a body is gathered before its request is sent. */
  enum Holding {
    /** It is streamed. */
    NO,
    /** On the calling thread: it is there already. */
    AT_ONCE,
    /** On the executor: its publisher may block, and may take its time. */
    ELSEWHERE
  }

  /**
   * What a publisher is.
   *
   * @throws IllegalArgumentException if it announces a negative length other than -1
   */
  static RequestBody of(Optional<BodyPublisher> publisher) {
    if (publisher.isEmpty()) {
      return None.NONE;
    }
    BodyPublisher body = publisher.get();
    long length = body.contentLength();
    if (length < -1) {
      throw new IllegalArgumentException("contentLength of the body publisher: " + length);
    }
    return length == 0 ? None.NONE : new Streaming(body, length, repeatable(body));
  }

  private static boolean repeatable(BodyPublisher body) {
    return body instanceof RepeatableBody
        || IN_MEMORY.contains(body.getClass())
        || body.getClass().getName().equals(FILE);
  }
}
