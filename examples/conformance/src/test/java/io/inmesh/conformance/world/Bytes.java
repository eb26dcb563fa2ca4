package io.inmesh.conformance.world;

import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** Messages as bytes, so that any method of any service can be called and answered. */
public final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
  /** The body of every request and answer, and every message of gRPC. */
  public static final String PAYLOAD = "what only the two of them may read";

  /** The same both ways. */
  public static final Bytes MARSHALLER = new Bytes();

  /** The bytes of {@link #PAYLOAD}. */
  public static byte[] payload() {
    return PAYLOAD.getBytes(StandardCharsets.US_ASCII);
  }

  private Bytes() {}

  @Override
  public InputStream stream(byte[] value) {
    return new ByteArrayInputStream(value);
  }

  @Override
  public byte[] parse(InputStream stream) {
    try (stream) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
