package io.inmesh.interop;

import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureServerCredentials;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A gRPC server that answers every method with its name. */
final class Backend extends HandlerRegistry {
  private final String name;
  private final Server server;

  Backend(String name) throws IOException {
    this.name = name;
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .fallbackHandlerRegistry(this)
            .build()
            .start();
  }

  int port() {
    return server.getPort();
  }

  void stop() {
    server.shutdownNow();
  }

  @Override
  public ServerMethodDefinition<String, String> lookupMethod(
      String methodName, @Nullable String authority) {
    return ServerMethodDefinition.create(
        method(methodName),
        ServerCalls.asyncUnaryCall(
            (request, responses) -> {
              responses.onNext(name);
              responses.onCompleted();
            }));
  }

  /** A method whose messages are plain text. */
  static MethodDescriptor<String, String> method(String fullName) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(fullName)
        .setRequestMarshaller(Text.INSTANCE)
        .setResponseMarshaller(Text.INSTANCE)
        .build();
  }

  private enum Text implements MethodDescriptor.Marshaller<String> {
    INSTANCE;

    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
