package io.inmesh.http.exchange;

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
 * continues in the middle. So only bodies whose bytes are held here, at most {@link #REPLAY_LIMIT},
 * are ever sent twice.
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

  /** To be pulled from its publisher, once. */
  record Streaming(BodyPublisher publisher, long length) implements RequestBody {
    @Override
    public boolean replayable() {
      return false;
    }
  }

  /**
   * What a publisher is; a small one with a known length still has to be {@linkplain Gatherer
   * gathered}.
   *
   * @throws IllegalArgumentException if it announces a negative length other than -1
   */
  static RequestBody of(Optional<BodyPublisher> publisher) {
    if (publisher.isEmpty()) {
      return None.NONE;
    }
    long length = publisher.get().contentLength();
    if (length < -1) {
      throw new IllegalArgumentException("contentLength of the body publisher: " + length);
    }
    return length == 0 ? None.NONE : new Streaming(publisher.get(), length);
  }
}
