package io.inmesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.service.auth.v3.AuthorizationGrpc;
import io.envoyproxy.envoy.service.auth.v3.CheckRequest;
import io.envoyproxy.envoy.service.auth.v3.CheckResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.Clock;
import io.inmesh.filter.authz.Arbiter;
import io.inmesh.model.AccessAnswer;
import io.inmesh.model.AccessQuestion;
import io.inmesh.model.Cluster;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.testing.InmeshTest;
import io.inmesh.testing.LoopbackMesh;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that has no gRPC of the mesh asks a gRPC service all the same. */
@InmeshTest
class ExternalAuthorizerTest {
  private static final class Checks extends AuthorizationGrpc.AuthorizationImplBase {
    @Override
    public void check(CheckRequest request, StreamObserver<CheckResponse> observer) {
      switch (request.getAttributes().getRequest().getHttp().getPath()) {
        case "/broken" -> observer.onError(Status.INTERNAL.asRuntimeException());
        case "/late" -> {
          observer.onNext(CheckResponse.getDefaultInstance());
          observer.onError(Status.ABORTED.asRuntimeException());
        }
        case "/slow" -> {}
        default -> {
          int code = request.getAttributes().getSource().getPrincipal().isEmpty() ? 7 : 0;
          observer.onNext(
              CheckResponse.newBuilder()
                  .setStatus(com.google.rpc.Status.newBuilder().setCode(code))
                  .build());
          observer.onCompleted();
        }
      }
    }
  }

  private static AccessQuestion question(String path, String identity) {
    return new AccessQuestion(
        "GET", "http", "orders", path, "HTTP/1.1", Map.of(), null, identity, null, "", null);
  }

  @Test
  void overHttpAlone_aGrpcServiceDecides(LoopbackMesh mesh) throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Checks())
            .build()
            .start();
    mesh.join("arbiter", Cluster.Protocol.HTTP2, server.getPort());
    try (ExternalAuthorizer authorizer =
        new ExternalAuthorizer(new MeshClients(mesh), Clock.SYSTEM)) {
      Arbiter arbiter = authorizer.of(new ExternalAuthorization.Grpc("arbiter:80"));
      Duration limit = Duration.ofSeconds(10);
      assertThat(arbiter.ask(question("/", "spiffe://a/b"), limit).toCompletableFuture().get())
          .isInstanceOf(AccessAnswer.Allowed.class);
      assertThat(arbiter.ask(question("/", ""), limit).toCompletableFuture().get())
          .isInstanceOfSatisfying(
              AccessAnswer.Denied.class, denied -> assertThat(denied.status()).isEqualTo(403));
      assertThatThrownBy(
              () -> arbiter.ask(question("/broken", ""), limit).toCompletableFuture().get())
          .hasStackTraceContaining("gRPC status 13");
      assertThatThrownBy(
              () -> arbiter.ask(question("/late", ""), limit).toCompletableFuture().get())
          .as("an answer that was taken back")
          .hasStackTraceContaining("gRPC status 10");
      assertThatThrownBy(
              () ->
                  arbiter
                      .ask(question("/slow", ""), Duration.ofMillis(100))
                      .toCompletableFuture()
                      .get())
          .hasStackTraceContaining("timed out");
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void withoutAnyTransport_nobodyDecides(LoopbackMesh mesh) {
    try (ExternalAuthorizer authorizer =
        new ExternalAuthorizer(new MeshClients(mesh, List::of), Clock.SYSTEM)) {
      Arbiter arbiter = authorizer.of(new ExternalAuthorization.Grpc("arbiter:80"));
      assertThatThrownBy(
              () ->
                  arbiter.ask(question("/", ""), Duration.ofSeconds(1)).toCompletableFuture().get())
          .hasStackTraceContaining("mesh-http-client is missing");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"@evil.example/", "0/", "*", "/{", "/a|b"})
  void targetThatCannotBePassedOn_isRefused_andNoFailureThatMayBeAllowed(
      String target, LoopbackMesh mesh) throws Exception {
    try (ExternalAuthorizer authorizer =
        new ExternalAuthorizer(new MeshClients(mesh, List::of), Clock.SYSTEM)) {
      Arbiter arbiter =
          authorizer.of(
              new ExternalAuthorization.Http(
                  "arbiter:80", "", Map.of(), List.of(), List.of(), null));
      assertThat(
              arbiter.ask(question(target, ""), Duration.ofSeconds(1)).toCompletableFuture().get())
          .isInstanceOfSatisfying(
              AccessAnswer.Denied.class, denied -> assertThat(denied.status()).isEqualTo(400));
    }
  }
}
