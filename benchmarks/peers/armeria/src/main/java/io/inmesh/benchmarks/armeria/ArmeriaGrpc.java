package io.inmesh.benchmarks.armeria;

import com.linecorp.armeria.client.grpc.GrpcClientStubFactory;
import com.linecorp.armeria.client.grpc.GrpcClients;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.Drainable;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.benchmarks.load.Client;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/** Armeria's gRPC client on a listener, with the benchmark's method: bytes in, bytes out. */
public final class ArmeriaGrpc implements Client.Factory {
  private static final MethodDescriptor<byte[], byte[]> ECHO =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("benchmark.Echo/Call")
          .setRequestMarshaller(new Bytes())
          .setResponseMarshaller(new Bytes())
          .build();

  @Override
  public Client create(Client.Settings settings) throws IOException {
    return GrpcClients.builder(Bootstraps.listener(settings))
        .useMethodMarshaller(true)
        .clientStubFactory(new Stubs())
        .build(Sender.class);
  }

  private static final class Stubs implements GrpcClientStubFactory {
    @Override
    public ServiceDescriptor findServiceDescriptor(Class<?> clientType) {
      return ServiceDescriptor.newBuilder("benchmark.Echo").addMethod(ECHO).build();
    }

    @Override
    public Object newClientStub(Class<?> clientType, Channel channel) {
      return new Sender(channel);
    }
  }

  private static final class Sender implements Client {
    private static final byte[] NOTHING = new byte[0];

    private final Channel channel;

    Sender(Channel channel) {
      this.channel = channel;
    }

    @Override
    public void send(Completion completion) {
      ClientCalls.asyncUnaryCall(
          channel.newCall(ECHO, CallOptions.DEFAULT), NOTHING, new Ending(completion));
    }

    @Override
    public void close() {}
  }

  private record Ending(Client.Completion completion) implements StreamObserver<byte[]> {
    @Override
    public void onNext(byte[] value) {}

    @Override
    public void onError(Throwable failure) {
      completion.failed(failure);
    }

    @Override
    public void onCompleted() {
      completion.done(true);
    }
  }

  /** As the other peers': no codec is measured, nor buffers between. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new Message(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        byte[] value = new byte[stream.available()];
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

  private static final class Message extends ByteArrayInputStream
      implements KnownLength, Drainable {
    Message(byte[] value) {
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
