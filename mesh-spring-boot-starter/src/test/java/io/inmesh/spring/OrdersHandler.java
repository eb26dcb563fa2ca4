package io.inmesh.spring;

import io.opentelemetry.context.Context;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.server.HandlerFunction;
import org.springframework.web.reactive.function.server.ServerRequest;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@link OrdersServlet}, as far as there is such a thing, for WebFlux. */
final class OrdersHandler implements HandlerFunction<ServerResponse> {
  private final Orders orders;

  OrdersHandler(Orders orders) {
    this.orders = orders;
  }

  private static ServerResponse.BodyBuilder ok() {
    return ServerResponse.ok().header("x-secret", "kept");
  }

  private static Mono<ServerResponse> text(String text) {
    return ok().contentType(MediaType.TEXT_PLAIN).bodyValue(text);
  }

  @Override
  public Mono<ServerResponse> handle(ServerRequest request) {
    return switch (request.path()) {
      case "/raw/plain" -> text("plain");
      case "/raw/late" -> {
        request
            .exchange()
            .getResponse()
            .beforeCommit(
                () ->
                    Mono.fromRunnable(
                        () ->
                            request.exchange().getResponse().getHeaders().add("x-secret", "late")));
        yield text("plain");
      }
      case "/raw/empty" -> ServerResponse.noContent().header("x-secret", "kept").build();
      case "/raw/large" -> ok().bodyValue(Orders.large(100_000));
      case "/raw/larger" -> {
        orders.executed.incrementAndGet();
        yield ok().bodyValue(Orders.large(300_000));
      }
      case "/raw/error" -> {
        orders.executed.incrementAndGet();
        yield Mono.error(new ResponseStatusException(HttpStatus.GONE));
      }
      case "/raw/throw" -> Mono.error(new IllegalStateException("thrown by the test"));
      case "/raw/redirect" -> ServerResponse.status(302).location(URI.create("/raw/plain")).build();
      case "/raw/async" -> Mono.delay(Duration.ofMillis(1)).flatMap(later -> text("async"));
      case "/raw/flush" ->
          ok().contentType(MediaType.TEXT_PLAIN)
              .body(
                  BodyInserters.fromDataBuffers(
                      Flux.just("first ", "second")
                          .map(
                              part ->
                                  request
                                      .exchange()
                                      .getResponse()
                                      .bufferFactory()
                                      .wrap(part.getBytes(StandardCharsets.UTF_8)))));
      case "/raw/sse" ->
          ok().body(
                  BodyInserters.fromServerSentEvents(
                      Flux.just("one", "two")
                          .map(event -> ServerSentEvent.builder(event).build())));
      case "/raw/count" ->
          request
              .bodyToMono(String.class)
              .defaultIfEmpty("")
              .flatMap(
                  body ->
                      ok().header("x-made", "here")
                          .contentType(MediaType.TEXT_PLAIN)
                          .bodyValue("count " + orders.executed.incrementAndGet()));
      case "/raw/held" ->
          request
              .bodyToMono(String.class)
              .defaultIfEmpty("")
              .publishOn(Schedulers.boundedElastic())
              .map(
                  body -> {
                    int count = orders.executed.incrementAndGet();
                    orders.await();
                    return count;
                  })
              .flatMap(count -> text("count " + count + " " + "x".repeat(100_000)));
      case "/raw/stock", "/raw/stock-async" ->
          Mono.deferContextual(
              view ->
                  Mono.fromFuture(() -> view.get(Context.class).wrapSupplier(orders::stock).get())
                      .flatMap(
                          answer ->
                              request.path().endsWith("async")
                                  ? ServerResponse.status(answer.statusCode()).build()
                                  : text(answer.statusCode() + ""))
                      .onErrorResume(failed -> ServerResponse.status(504).build()));
      default -> ServerResponse.notFound().build();
    };
  }
}
