package io.inmesh.conformance;

import com.sun.net.httpserver.HttpExchange;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.QueryParameter;
import io.envoyproxy.envoy.service.auth.v3.AttributeContext;
import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.envoyproxy.envoy.service.auth.v3.DeniedHttpResponse;
import io.envoyproxy.envoy.service.auth.v3.OkHttpResponse;
import io.envoyproxy.envoy.type.v3.HttpStatus;
import io.envoyproxy.envoy.type.v3.StatusCode;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.inmesh.Mesh;
import io.inmesh.Registration;
import io.inmesh.ServicePort;
import io.inmesh.conformance.world.World;
import io.inmesh.grpc.MeshServers;
import io.inmesh.http.MeshHttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * The service {@code arbiter}: lets pass whoever has the header {@code x-token: good}, by Envoy's
 * gRPC service on port 9191 and over HTTP on port 8000; {@code broken} makes it fail, telling all
 * that it was shown, and {@code slow} say nothing.
 */
final class Arbiters implements AutoCloseable {
  private final Server grpc;
  private final MeshHttpServer http;
  private final Registration registration;

  /** Whose requests were asked about, by {@code <identity> <path>}. */
  final List<String> asked = new CopyOnWriteArrayList<>();

  /** What they were shown of bodies, before it whether that was a part only. */
  final List<String> shown = new CopyOnWriteArrayList<>();

  Arbiters(World world) throws Exception {
    world.expectWarning("IM2060"); // it goes before its policy does
    Mesh mesh = world.client("arbiter").mesh();
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    grpc = MeshServers.builder(mesh, any).addService(new Checks()).build().start();
    http = MeshHttpServer.create(mesh, any);
    http.createContext("/", this::decide);
    http.start();
    registration =
        mesh.register(
            new ServicePort("grpc", "grpc", 9191, grpc.getPort()),
            new ServicePort("http", "http", 8000, http.getAddress().getPort()));
    registration.whenRegistered().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private final class Checks extends AuthorizationGrpc.AuthorizationImplBase {
    @Override
    public void check(CheckRequest request, StreamObserver<CheckResponse> observer) {
      AttributeContext.HttpRequest head = request.getAttributes().getRequest().getHttp();
      asked.add(request.getAttributes().getSource().getPrincipal() + " " + head.getPath());
      shown.add(
          head.getHeadersOrDefault(PARTIAL, "-")
              + " "
              + head.getBody()
              + head.getRawBody().toStringUtf8());
      switch (head.getHeadersOrDefault("x-token", "")) {
        case "good" -> {
          observer.onNext(ALLOWED);
          observer.onCompleted();
        }
        case "broken" ->
            observer.onError(
                Status.INTERNAL
                    .withDescription(head.getHeadersMap().toString())
                    .asRuntimeException());
        case "slow" -> {}
        default -> {
          observer.onNext(DENIED);
          observer.onCompleted();
        }
      }
    }
  }

  private static final String PARTIAL = "x-envoy-auth-partial-body";

  private static final CheckResponse ALLOWED =
      CheckResponse.newBuilder()
          .setOkResponse(
              OkHttpResponse.newBuilder()
                  .addHeaders(header("x-user", "ann"))
                  .addHeaders(header("host", "elsewhere"))
                  .addHeadersToRemove("x-token")
                  .addQueryParametersToSet(
                      QueryParameter.newBuilder().setKey("user").setValue("ann"))
                  .addQueryParametersToRemove("secret")
                  .addResponseHeadersToAdd(header("x-decided", "yes")))
          .build();

  private static final CheckResponse DENIED =
      CheckResponse.newBuilder()
          .setStatus(com.google.rpc.Status.newBuilder().setCode(7))
          .setDeniedResponse(
              DeniedHttpResponse.newBuilder()
                  .setStatus(HttpStatus.newBuilder().setCode(StatusCode.Unauthorized))
                  .addHeaders(header("x-why", "token"))
                  .setBody("no token"))
          .build();

  private static HeaderValueOption header(String name, String value) {
    return HeaderValueOption.newBuilder()
        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))
        .build();
  }

  private void decide(HttpExchange exchange) throws IOException {
    var headers = exchange.getRequestHeaders();
    asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
    String partial = headers.getFirst(PARTIAL);
    shown.add(
        (partial == null ? "-" : partial)
            + " "
            + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    String token = String.valueOf(headers.getFirst("x-token"));
    if (token.equals("slow")) {
      return;
    }
    boolean good = token.equals("good") && "shop".equals(headers.getFirst("x-mesh"));
    exchange.getResponseHeaders().set("x-user", "ann");
    exchange.getResponseHeaders().set("x-decided", "yes");
    exchange.getResponseHeaders().set("x-why", "token");
    byte[] body =
        (token.equals("broken") ? headers.entrySet().toString() : "no token")
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(good ? 200 : token.equals("broken") ? 500 : 401, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    registration.close();
    grpc.shutdownNow();
    http.stop(0);
  }
}
