package io.inmesh.server.ads;

import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A response as it goes on the wire: segments, most of them shared with other streams. Immutable.
 */
final class ResponseBytes {
  /** Writes responses; reading them back is the client's business. */
  static final MethodDescriptor.Marshaller<ResponseBytes> MARSHALLER =
      new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(ResponseBytes response) {
          return new ResponseStream(response);
        }

        @Override
        public ResponseBytes parse(InputStream in) {
          try {
            byte[] bytes = in.readAllBytes();
            return new ResponseBytes(List.of(bytes), bytes.length);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private final List<byte[]> segments;
  private final int size;

  ResponseBytes(List<byte[]> segments, int size) {
    this.segments = segments;
    this.size = size;
  }

  List<byte[]> segments() {
    return segments;
  }

  int size() {
    return size;
  }
}
