package io.inmesh.conformance.world;

import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Somebody without an identity, who knows where a server is and talks plaintext to it. */
public final class Stranger {
  private final Transport transport;
  private final String server;

  /** Calls the server at a port of this machine as the transport's protocol wants it. */
  public Stranger(Transport transport, int port) {
    this(transport, "127.0.0.1:" + port);
  }

  /** The same, wherever the server is: host and port. */
  public Stranger(Transport transport, String server) {
    this.transport = transport;
    this.server = server;
  }

  /** Whether a call on a new connection is answered well. */
  public boolean isServed() throws InterruptedException {
    return transport.grpc() ? callsGrpc() : callsHttp();
  }

  private boolean callsHttp() throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + server + "/shop.Orders/Get"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(Bytes.payload()))
            .timeout(Duration.ofSeconds(10))
            .build();
    try {
      return HttpClient.newHttpClient()
              .send(request, HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    }
  }

  private boolean callsGrpc() {
    ManagedChannel channel =
        Grpc.newChannelBuilder(server, InsecureChannelCredentials.create()).build();
    try {
      byte[] answer =
          ClientCalls.blockingUnaryCall(
              channel,
              MethodDescriptor.<byte[], byte[]>newBuilder(Bytes.MARSHALLER, Bytes.MARSHALLER)
                  .setType(MethodDescriptor.MethodType.UNARY)
                  .setFullMethodName("shop.Orders/Get")
                  .build(),
              CallOptions.DEFAULT,
              Bytes.payload());
      return answer.length > 0;
    } catch (StatusRuntimeException e) {
      return false;
    } finally {
      channel.shutdownNow();
    }
  }
}
