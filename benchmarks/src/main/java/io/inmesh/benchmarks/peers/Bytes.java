package io.inmesh.benchmarks.peers;

import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/** The benchmark's gRPC method: bytes in, bytes out, so that no codec is measured. */
public final class Bytes {
  /** Echoes bytes. */
  public static final MethodDescriptor<byte[], byte[]> ECHO =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("benchmark.Echo/Call")
          .setRequestMarshaller(new Marshaller())
          .setResponseMarshaller(new Marshaller())
          .build();

  private Bytes() {}

  private static final class Marshaller implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new Stream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static final class Stream extends ByteArrayInputStream implements KnownLength {
    Stream(byte[] value) {
      super(value);
    }
  }
}
