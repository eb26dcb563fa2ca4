package io.inmesh.benchmarks.peers;

import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
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
        byte[] value = new byte[stream.available()]; // gRPC has all of a message when it parses it
        int read = stream.readNBytes(value, 0, value.length);
        if (read < value.length) {
          throw new EOFException("a message of " + value.length + " bytes ends after " + read);
        }
        return value;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Drained without a buffer between, as messages of protobuf are. */
  private static final class Stream extends ByteArrayInputStream implements KnownLength, Drainable {
    Stream(byte[] value) {
      super(value);
    }

    @Override
    public int drainTo(OutputStream target) throws IOException {
      int rest = available();
      transferTo(target);
      return rest;
    }
  }
}
