package io.inmesh.filter;

import io.inmesh.call.Headers;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.call.StoredResponse;
import io.inmesh.resilience.KeyedResponses;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records one response for those who repeat its request. */
final class Recording implements ResponseRecorder {
  /** What a field costs beyond its characters, about. */
  private static final int FIELD_BYTES = 64;

  private final KeyedResponses.Entry entry;
  private final int maxBytes;
  private final List<Map.Entry<String, String>> headers = new ArrayList<>();
  private final List<byte[]> parts = new ArrayList<>();
  private int status;
  private long bytes;
  private boolean closed;

  Recording(KeyedResponses.Entry entry, int maxBytes) {
    this.entry = entry;
    this.maxBytes = maxBytes;
  }

  @Override
  public void head(ResponseHead head) {
    status = head.status();
    copy(head.headers(), headers);
  }

  private void copy(Headers from, List<Map.Entry<String, String>> to) {
    from.forEach(
        (name, value) -> {
          if (!name.equals(MeshHeaders.KEY_CLOCK)) { // which goes on until it is replayed
            to.add(Map.entry(name, value));
            bytes += name.length() + value.length() + FIELD_BYTES;
          }
        });
  }

  @Override
  public void part(ByteBuffer part) {
    bytes += part.remaining();
    if (bytes > maxBytes) {
      parts.clear();
      return;
    }
    byte[] copy = new byte[part.remaining()];
    part.duplicate().get(copy);
    parts.add(copy);
  }

  @Override
  public void end(int grpcStatus, @Nullable Headers trailers) {
    if (closed) {
      return;
    }
    closed = true;
    List<Map.Entry<String, String>> last = new ArrayList<>();
    if (trailers != null) {
      copy(trailers, last);
    }
    if (bytes > maxBytes) {
      entry.lost();
    } else {
      entry.done(new StoredResponse(status, headers, parts, grpcStatus, last), bytes);
    }
  }

  @Override
  public void forget() {
    if (!closed) {
      closed = true;
      entry.forget();
    }
  }

  /** The request is over. */
  void close() {
    if (!closed) {
      closed = true;
      entry.lost();
    }
  }
}
