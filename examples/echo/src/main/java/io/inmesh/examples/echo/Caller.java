package io.inmesh.examples.echo;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.call.OutboundCall;
import io.inmesh.examples.echo.v1.EchoReply;
import io.inmesh.grpc.MeshChannels;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.http.MeshHttpResponse;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Calls targets through the mesh, HTTP or gRPC, and waits for the answer. Thread-safe. */
final class Caller implements AutoCloseable {
  /**
   * A request to make.
   *
   * @param method HTTP method
   * @param headers in order
   * @param body may be empty
   * @param timeout null: none of its own
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Request(
      String method,
      List<Map.Entry<String, String>> headers,
      byte[] body,
      @Nullable Duration timeout) {}

  private static final MethodDescriptor.Marshaller<byte[]> BYTES = new BytesMarshaller();

  private final Mesh mesh;
  private final MeshHttpClient http;
  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

  Caller(Mesh mesh) {
    this.mesh = mesh;
    this.http = MeshHttpClient.create(mesh);
  }

  Answer call(Target target, Request request) throws InterruptedException {
    return target.grpc() ? grpc(target, request) : http(target, request);
  }

  private Answer http(Target target, Request request) throws InterruptedException {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(target.uri())
            .method(
                request.method(),
                request.body().length == 0
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofByteArray(request.body()));
    request.headers().forEach(header -> builder.header(header.getKey(), header.getValue()));
    if (request.timeout() != null) {
      builder.timeout(request.timeout());
    }
    long start = System.nanoTime();
    try {
      HttpResponse<String> response =
          http.send(builder.build(), HttpResponse.BodyHandlers.ofString());
      Map<String, String> headers = new LinkedHashMap<>();
      response
          .headers()
          .map()
          .forEach((name, values) -> headers.put(name, String.join(",", values)));
      String body = response.body();
      return new Answer(
          response.statusCode(),
          response.statusCode() < 400,
          field(body, "version"),
          field(body, "host"),
          MeshHttpResponse.attemptsOf(response).size(),
          micros(start),
          headers,
          null,
          body);
    } catch (IOException e) {
      return failed(start, e);
    }
  }

  private Answer grpc(Target target, Request request) throws InterruptedException {
    ManagedChannel channel =
        channels.computeIfAbsent(
            target.uri().getAuthority(),
            authority -> MeshChannels.builder(mesh, "mesh:///" + authority).build());
    AtomicReference<@Nullable Metadata> headers = new AtomicReference<>();
    AtomicReference<@Nullable Metadata> trailers = new AtomicReference<>();
    Metadata sent = new Metadata();
    request
        .headers()
        .forEach(
            header ->
                sent.put(
                    Metadata.Key.of(header.getKey(), Metadata.ASCII_STRING_MARSHALLER),
                    header.getValue()));
    Channel intercepted =
        ClientInterceptors.intercept(
            channel,
            MetadataUtils.newAttachHeadersInterceptor(sent),
            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers));
    MethodDescriptor<byte[], byte[]> method =
        MethodDescriptor.<byte[], byte[]>newBuilder(BYTES, BYTES)
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(target.fullMethod())
            .build();
    AtomicReference<@Nullable OutboundCall> outbound = new AtomicReference<>();
    CallOptions options = CallOptions.DEFAULT.withOption(MeshChannels.OBSERVER, outbound::set);
    if (request.timeout() != null) {
      options = options.withDeadlineAfter(request.timeout().toNanos(), TimeUnit.NANOSECONDS);
    }
    ClientCall<byte[], byte[]> call = intercepted.newCall(method, options);
    long start = System.nanoTime();
    try {
      byte[] answer = ClientCalls.blockingUnaryCall(call, request.body());
      EchoReply reply = EchoReply.parseFrom(answer);
      return new Answer(
          0,
          true,
          reply.getVersion(),
          reply.getHost(),
          attempts(outbound.get()),
          micros(start),
          fields(headers.get()),
          null,
          Replies.json(reply).toString());
    } catch (StatusRuntimeException e) {
      if (Thread.interrupted()) {
        throw (InterruptedException) new InterruptedException().initCause(e);
      }
      Status status = e.getStatus();
      return new Answer(
          status.getCode().value(),
          false,
          "",
          "",
          attempts(outbound.get()),
          micros(start),
          fields(headers.get()),
          status.getCode()
              + (status.getDescription() == null ? "" : ": " + status.getDescription()),
          "");
    } catch (InvalidProtocolBufferException e) {
      return failed(start, e);
    }
  }

  private static int attempts(@Nullable OutboundCall call) {
    return call == null ? 0 : call.attempts().size();
  }

  private static Answer failed(long start, IOException e) {
    int attempts = e instanceof MeshException mesh ? mesh.attempts().size() : 0;
    String reason = e instanceof MeshException mesh ? mesh.reason() + ": " : "";
    return new Answer(
        -1, false, "", "", attempts, micros(start), Map.of(), reason + e.getMessage(), "");
  }

  private static Map<String, String> fields(@Nullable Metadata metadata) {
    Map<String, String> fields = new LinkedHashMap<>();
    if (metadata != null) {
      for (String name : metadata.keys()) {
        if (!name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          Iterable<String> values =
              metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
          if (values != null) {
            fields.put(name, String.join(",", values));
          }
        }
      }
    }
    return fields;
  }

  private static String field(String body, String name) {
    try {
      JsonNode json = Reply.JSON.readTree(body);
      return json.path(name).asString("");
    } catch (JacksonException e) {
      return "";
    }
  }

  private static long micros(long start) {
    return (System.nanoTime() - start) / 1_000;
  }

  @Override
  public void close() {
    channels.values().forEach(ManagedChannel::shutdownNow);
    http.close();
  }
}
