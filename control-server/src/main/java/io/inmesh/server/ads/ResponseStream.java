package io.inmesh.server.ads;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/**
 * Reads a response. A transport that knows {@link Drainable} has the segments written straight into
 * its own buffer; any other reads it as a stream.
 */
final class ResponseStream extends InputStream implements KnownLength, Drainable {
  private final ResponseBytes response;
  private int segment;
  private int offset;
  private int remaining;

  ResponseStream(ResponseBytes response) {
    this.response = response;
    this.remaining = response.size();
  }

  @Override
  public int available() {
    return remaining;
  }

  @Override
  public int drainTo(OutputStream target) throws IOException {
    int drained = remaining;
    while (segment < response.segments().size()) {
      byte[] bytes = response.segments().get(segment);
      target.write(bytes, offset, bytes.length - offset);
      segment++;
      offset = 0;
    }
    remaining = 0;
    return drained;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int from, int length) {
    Objects.checkFromIndexSize(from, length, target.length);
    if (length == 0) {
      return 0;
    }
    if (remaining == 0) {
      return -1;
    }
    int done = 0;
    while (done < length && remaining > 0) {
      byte[] bytes = response.segments().get(segment);
      int part = Math.min(length - done, bytes.length - offset);
      System.arraycopy(bytes, offset, target, from + done, part);
      done += part;
      offset += part;
      remaining -= part;
      if (offset == bytes.length) {
        segment++;
        offset = 0;
      }
    }
    return done;
  }
}
