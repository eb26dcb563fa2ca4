package io.inmesh.grpc;

import io.grpc.ClientStreamTracer;
import io.grpc.Metadata;
import io.grpc.Status;

/**
 * Sees of a stream what calls are not told: whether it was written, whether it was answered, and
 * when its place on the connection is free.
 */
final class AttemptTracer extends ClientStreamTracer {
  static final ClientStreamTracer.Factory FACTORY =
      new ClientStreamTracer.Factory() {
        @Override
        public ClientStreamTracer newClientStreamTracer(StreamInfo info, Metadata headers) {
          MeshStream<?, ?> stream = info.getCallOptions().getOption(MeshStream.KEY);
          return stream == null ? new ClientStreamTracer() {} : new AttemptTracer(stream);
        }
      };

  private final MeshStream<?, ?> stream;

  private AttemptTracer(MeshStream<?, ?> stream) {
    this.stream = stream;
  }

  @Override
  public void outboundHeaders() {
    stream.written();
  }

  @Override
  public void outboundUncompressedSize(long bytes) {
    stream.framed(bytes);
  }

  @Override
  public void inboundTrailers(Metadata trailers) {
    stream.answered();
  }

  @Override
  public void streamClosed(Status status) {
    stream.placement.leave();
  }
}
