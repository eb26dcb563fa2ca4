package io.inmesh.server.ads;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * A request, or why it could not be read. The reason travels to the stream, which closes with a
 * status that names it.
 */
record InboundFrame<T extends MessageLite>(@Nullable T message, Status problem) {
  static <T extends MessageLite> MethodDescriptor.Marshaller<InboundFrame<T>> marshaller(
      Parser<T> parser, int maxBytes) {
    return new MethodDescriptor.Marshaller<>() {
      @Override
      public InputStream stream(InboundFrame<T> frame) {
        T message = frame.message();
        return new ByteArrayInputStream(message == null ? new byte[0] : message.toByteArray());
      }

      @Override
      public InboundFrame<T> parse(InputStream in) {
        return read(parser, maxBytes, in);
      }
    };
  }

  private static <T extends MessageLite> InboundFrame<T> read(
      Parser<T> parser, int maxBytes, InputStream in) {
    try {
      if (in instanceof KnownLength && in.available() > maxBytes) {
        return new InboundFrame<>(
            null,
            Status.RESOURCE_EXHAUSTED.withDescription(
                "a discovery request of "
                    + in.available()
                    + " bytes is larger than the limit of "
                    + maxBytes));
      }
      CodedInputStream coded = CodedInputStream.newInstance(in);
      coded.setSizeLimit(maxBytes);
      T message = parser.parseFrom(coded, ExtensionRegistryLite.getEmptyRegistry());
      return new InboundFrame<>(message, Status.OK);
    } catch (InvalidProtocolBufferException e) {
      return new InboundFrame<>(
          null,
          Status.INVALID_ARGUMENT.withDescription(
              "not a discovery request, or one larger than " + maxBytes + " bytes"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
