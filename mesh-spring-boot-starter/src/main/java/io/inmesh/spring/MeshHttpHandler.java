package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.call.Admission;
import io.inmesh.call.BodyStart;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.call.StoredResponse;
import io.opentelemetry.context.Context;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.SslInfo;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Schedulers;

/**
 * Admits each request before everything else of a reactive application, and sees what it answers,
 * by error handlers, too. The request's deadline, trace and peer are in OpenTelemetry's {@link
 * Context}, which is in Reactor's context under its class. Thread-safe.
 */
final class MeshHttpHandler implements HttpHandler {
  /** How much of a request with an idempotency key is read before its handler begins. */
  private static final int GATHERED = 64 * 1024;

  private final Mesh mesh;
  private final HttpHandler application;
  private final Map<Integer, Inbound> ports = new ConcurrentHashMap<>();
  private final CertifiedPeers peers = new CertifiedPeers(System::currentTimeMillis);

  MeshHttpHandler(Mesh mesh, HttpHandler application) {
    this.mesh = mesh;
    this.application = application;
  }

  @Override
  public Mono<Void> handle(ServerHttpRequest request, ServerHttpResponse response) {
    InetSocketAddress local = request.getLocalAddress();
    Inbound inbound = ports.computeIfAbsent(local == null ? 0 : local.getPort(), mesh::inbound);
    ReactiveHead head = new ReactiveHead(request);
    return decided(inbound.admit(head, peer(request, local, inbound)), head, response);
  }

  private Mono<Void> decided(Admission admission, ReactiveHead head, ServerHttpResponse response) {
    if (admission instanceof Admission.Pending pending) {
      CompletableFuture<Admission> result = pending.result().toCompletableFuture();
      AtomicBoolean taken = new AtomicBoolean();
      // Who decides may be on a thread that many wait for: the application is not to stay there.
      return Mono.fromFuture(result, true)
          .publishOn(Schedulers.parallel())
          .doOnCancel(
              () -> {
                if (!taken.getAndSet(true)) {
                  abandon(result);
                }
              })
          .flatMap(later -> taken.getAndSet(true) ? Mono.empty() : decided(later, head, response));
    }
    if (admission instanceof Admission.Allowed allowed) {
      return allowed.call().recorder() == null
          ? handle(allowed.call(), head, response)
          : gathered(allowed.call(), head, response);
    }
    if (admission instanceof Admission.Replayed replayed) {
      StoredResponse stored = replayed.response();
      return write(response, stored.status(), stored.headers(), stored.parts())
          .doFinally(signal -> finish(replayed.call(), signal, stored.status()));
    }
    return refuse(response, ((Admission.Denied) admission).reply());
  }

  /** The caller has left before it was decided. */
  private static void abandon(CompletionStage<Admission> decision) {
    decision.thenAccept(
        late -> {
          if (late instanceof Admission.Allowed allowed) {
            unhandled(allowed.call());
          } else if (late instanceof Admission.Replayed replayed) {
            replayed.call().finish(0, ResponseHead.NO_GRPC_STATUS);
          }
        });
  }

  /** No handler has begun, and none will. */
  private static void unhandled(InboundCall call) {
    ResponseRecorder recorder = call.recorder();
    if (recorder != null) {
      recorder.forget();
    }
    call.finish(0, ResponseHead.NO_GRPC_STATUS);
  }

  /**
   * With an idempotency key: the handler begins when the request is there, and then goes on whether
   * or not the caller is.
   */
  private Mono<Void> gathered(InboundCall call, ReactiveHead head, ServerHttpResponse response) {
    CompletionStage<BodyStart> body = head.body(GATHERED);
    return Mono.fromCompletionStage(body)
        .doOnCancel(() -> unhandled(call))
        .doOnError(brokenOff -> unhandled(call))
        .then(Mono.defer(() -> handle(call, head, response)).cache());
  }

  private Mono<Void> handle(InboundCall call, ReactiveHead head, ServerHttpResponse response) {
    ReactiveResponse answer = new ReactiveResponse(response, call);
    return Mono.defer(() -> application.handle(head.changed(), answer))
        .contextWrite(context -> context.put(Context.class, call.context()))
        .doFinally(signal -> finish(call, signal, status(answer, signal)));
  }

  private static int status(ServerHttpResponse response, SignalType signal) {
    HttpStatusCode status = response.getStatusCode();
    boolean failed = signal == SignalType.ON_ERROR && !response.isCommitted();
    return failed ? 500 : status == null ? 200 : status.value();
  }

  private static void finish(InboundCall call, SignalType signal, int status) {
    if (signal == SignalType.CANCEL) {
      call.cancel();
    }
    call.finish(signal == SignalType.CANCEL ? 0 : status, ResponseHead.NO_GRPC_STATUS);
  }

  private static Mono<Void> refuse(ServerHttpResponse response, LocalReply reply) {
    if (!response.getHeaders().containsHeader("content-type")) {
      response.getHeaders().set("content-type", "text/plain;charset=UTF-8");
    }
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    return write(response, reply.status(), reply.headers(), List.of(body));
  }

  private static Mono<Void> write(
      ServerHttpResponse response,
      int status,
      List<Map.Entry<String, String>> headers,
      List<byte[]> body) {
    response.setRawStatusCode(status);
    headers.forEach(field -> response.getHeaders().add(field.getKey(), field.getValue()));
    byte[] whole = new byte[body.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : body) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    response.getHeaders().setContentLength(whole.length);
    return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(whole)));
  }

  private Peer peer(ServerHttpRequest request, @Nullable InetSocketAddress local, Inbound inbound) {
    InetSocketAddress remote = request.getRemoteAddress();
    SslInfo ssl = request.getSslInfo();
    return new Peer(
        remote == null ? InetSocketAddress.createUnresolved("unknown", 0) : remote,
        ssl == null ? null : peers.identity(inbound, ssl.getPeerCertificates()),
        ssl != null,
        local,
        null);
  }
}
