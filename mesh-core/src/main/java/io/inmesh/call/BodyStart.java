package io.inmesh.call;

import java.nio.ByteBuffer;

/**
 * How the body of a request begins. Immutable.
 *
 * @param bytes read-only
 * @param whole whether that is all of it
 */
public record BodyStart(ByteBuffer bytes, boolean whole) {
  public BodyStart {
    bytes = bytes.asReadOnlyBuffer();
  }

  /** The beginning of what was read, which is all of it unless it is longer than the limit. */
  public static BodyStart of(byte[] read, int limit) {
    return new BodyStart(
        ByteBuffer.wrap(read, 0, Math.min(read.length, limit)), read.length <= limit);
  }
}
