package io.inmesh.examples.echo;

import io.grpc.HandlerRegistry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers every message of every gRPC method with one message that says what it saw. */
final class EchoGrpc extends HandlerRegistry {
  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new BytesMarshaller();

  private final ServerIdentity self;
  private final Behaviour behaviour;
  private final Forwarding forwarding;

  EchoGrpc(ServerIdentity self, Behaviour behaviour, Forwarding forwarding) {
    this.self = self;
    this.behaviour = behaviour;
    this.forwarding = forwarding;
  }

  @Override
  public ServerMethodDefinition<?, ?> lookupMethod(String method, @Nullable String authority) {
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
            .setType(MethodDescriptor.MethodType.UNKNOWN)
            .setFullMethodName(method)
            .build();
    return ServerMethodDefinition.create(descriptor, new Handler());
  }

  private final class Handler implements ServerCallHandler<byte[], byte[]> {
    @Override
    public ServerCall.Listener<byte[]> startCall(
        ServerCall<byte[], byte[]> call, Metadata metadata) {
      call.request(1);
      return new Exchange(call, fields(metadata));
    }
  }

  private final class Exchange extends ServerCall.Listener<byte[]> {
    private final ServerCall<byte[], byte[]> call;
    private final Map<String, String> headers;
    private boolean answered;
    private boolean closed;

    Exchange(ServerCall<byte[], byte[]> call, Map<String, String> headers) {
      this.call = call;
      this.headers = headers;
    }

    @Override
    public void onMessage(byte[] message) {
      if (closed) {
        return;
      }
      try {
        int status = behaviour.next();
        if (status >= 400) {
          close(
              (status == 503
                      ? Status.UNAVAILABLE
                      : status >= 500 ? Status.INTERNAL : Status.FAILED_PRECONDITION)
                  .withDescription("echo was told to answer " + status));
          return;
        }
        Reply reply =
            new Reply(
                self.service(),
                self.version(),
                self.host(),
                "POST",
                "/" + call.getMethodDescriptor().getFullMethodName(),
                headers,
                message.length,
                self.peer(),
                forwarding.forward(headers.get(Forwarding.HEADER), "POST", message));
        if (!answered) {
          answered = true;
          call.sendHeaders(new Metadata());
        }
        call.sendMessage(Replies.message(reply).toByteArray());
        call.request(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        close(Status.CANCELLED.withDescription("interrupted"));
      }
    }

    @Override
    public void onHalfClose() {
      if (!closed) {
        close(Status.OK);
      }
    }

    private void close(Status status) {
      closed = true;
      call.close(status, new Metadata());
    }
  }

  private static Map<String, String> fields(Metadata metadata) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String name : metadata.keys()) {
      if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
        Iterable<String> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        if (values != null) {
          fields.put(name, String.join(",", values));
        }
      }
    }
    return fields;
  }
}
