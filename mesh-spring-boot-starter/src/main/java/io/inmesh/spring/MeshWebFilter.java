package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.context.Context;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;

/**
 * Admits each request before any other filter and handler of a reactive application. The request's
 * deadline, trace and peer are in OpenTelemetry's {@link Context}, which is in Reactor's context
 * under its class. Thread-safe.
 */
final class MeshWebFilter implements WebFilter, Ordered {
  private final Mesh mesh;
  private final ServerCodecConfigurer codecs;
  private final Map<Integer, Inbound> ports = new ConcurrentHashMap<>();
  private final CertifiedPeers peers = new CertifiedPeers(System::currentTimeMillis);

  MeshWebFilter(Mesh mesh, ServerCodecConfigurer codecs) {
    this.mesh = mesh;
    this.codecs = codecs;
  }

  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE;
  }

  @Override
  public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
    ServerHttpRequest request = exchange.getRequest();
    InetSocketAddress local = request.getLocalAddress();
    Inbound inbound = ports.computeIfAbsent(local == null ? 0 : local.getPort(), mesh::inbound);
    ReactiveHead head = new ReactiveHead(request);
    return decided(inbound.admit(head, peer(request, local, inbound)), head, exchange, chain);
  }

  private Mono<Void> decided(
      Admission admission, ReactiveHead head, ServerWebExchange exchange, WebFilterChain chain) {
    if (admission instanceof Admission.Pending pending) {
      return Mono.fromCompletionStage(pending.result())
          .flatMap(later -> decided(later, head, exchange, chain));
    }
    if (admission instanceof Admission.Allowed allowed) {
      ServerWebExchange seen = exchange.mutate().request(head.changed()).build();
      if (!head.bodyShown()) {
        return handle(allowed.call(), seen, chain);
      }
      return Mono.usingWhen(
          Mono.just(new ShownExchange(seen, codecs)),
          shown -> handle(allowed.call(), shown, chain),
          ShownExchange::cleanupMultipart);
    }
    return refuse(exchange.getResponse(), ((Admission.Denied) admission).reply());
  }

  private static Mono<Void> handle(
      InboundCall call, ServerWebExchange exchange, WebFilterChain chain) {
    return Mono.defer(() -> chain.filter(exchange))
        .contextWrite(context -> context.put(Context.class, call.context()))
        .doFinally(signal -> call.finish(status(exchange, signal), ResponseHead.NO_GRPC_STATUS));
  }

  private static int status(ServerWebExchange exchange, SignalType signal) {
    if (signal == SignalType.CANCEL) {
      return 0;
    }
    HttpStatusCode status = exchange.getResponse().getStatusCode();
    return status != null ? status.value() : signal == SignalType.ON_ERROR ? 500 : 200;
  }

  private static Mono<Void> refuse(ServerHttpResponse response, LocalReply reply) {
    response.setRawStatusCode(reply.status());
    reply.headers().forEach(field -> response.getHeaders().add(field.getKey(), field.getValue()));
    response.getHeaders().setContentType(MediaType.parseMediaType("text/plain;charset=UTF-8"));
    DataBuffer body = response.bufferFactory().wrap(reply.body().getBytes(StandardCharsets.UTF_8));
    return response.writeWith(Mono.just(body));
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
