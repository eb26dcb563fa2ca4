package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * An application of Spring Boot that serves HTTP/1.1: of servlets in Tomcat where it waits, and a
 * reactive one in Reactor Netty where it does not.
 */
final class SpringServing implements Serving {
  private static final byte[] BODY = Bytes.payload();

  private final Instance instance;
  private final ConfigurableApplicationContext application;

  SpringServing(Instance instance, Mesh mesh, Style style) {
    this.instance = instance;
    instance.expectWarning("does not support post handshake authentication"); // nor is it needed
    instance.expectWarning("appears to have started a thread"); // of the mesh, which outlives it
    application =
        style == Style.BLOCKING
            ? SpringApplications.start(WebApplicationType.SERVLET, mesh, this::servlet)
            : SpringApplications.start(WebApplicationType.REACTIVE, mesh, this::filter);
  }

  private void servlet(GenericApplicationContext context) {
    context.registerBean(
        ServletRegistrationBean.class, () -> new ServletRegistrationBean<>(new Servlet(), "/*"));
  }

  /** Before Spring has opinions of its own, about CORS for example. */
  private void filter(GenericApplicationContext context) {
    context.registerBean(WebFilter.class, () -> (exchange, chain) -> handle(exchange));
  }

  private static void add(Map<String, String> headers, String name, Iterable<String> values) {
    headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values));
  }

  private Reply treat(
      String method,
      String path,
      Map<String, String> headers,
      String protocol,
      InetSocketAddress remote,
      long bytes)
      throws InterruptedException {
    Reply reply =
        instance.treat(
            new Seen(
                method,
                path,
                headers.getOrDefault("host", ""),
                headers,
                instance.remainingMillis(),
                protocol,
                remote.toString(),
                bytes));
    if (reply.kind() == Reply.Kind.RESET) {
      throw new UnsupportedOperationException("applications in containers cannot reset");
    }
    return reply;
  }

  private final class Servlet extends HttpServlet {
    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      if (request.getDispatcherType() == DispatcherType.ERROR) {
        return; // the container's own page is not what the instance is asked for
      }
      long bytes = request.getInputStream().transferTo(OutputStream.nullOutputStream());
      String query = request.getQueryString();
      Map<String, String> headers = new TreeMap<>();
      for (String name : Collections.list(request.getHeaderNames())) {
        add(headers, name, Collections.list(request.getHeaders(name)));
      }
      Reply reply;
      try {
        reply =
            treat(
                request.getMethod(),
                request.getRequestURI() + (query == null ? "" : "?" + query),
                headers,
                request.getProtocol(),
                new InetSocketAddress(request.getRemoteAddr(), request.getRemotePort()),
                bytes);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      if (reply.kind() == Reply.Kind.NONE) {
        request.startAsync().setTimeout(0);
        return;
      }
      reply.headers().forEach(response::setHeader);
      response.setStatus(reply.status());
      response.setContentLength(BODY.length);
      response.getOutputStream().write(BODY);
    }
  }

  private Mono<Void> handle(ServerWebExchange exchange) {
    return exchange
        .getRequest()
        .getBody()
        .map(
            buffer -> {
              long bytes = buffer.readableByteCount();
              DataBufferUtils.release(buffer);
              return bytes;
            })
        .reduce(0L, Long::sum)
        .flatMap(
            bytes ->
                Mono.deferContextual(
                    view ->
                        Mono.fromCallable(
                                () -> treat(exchange.getRequest(), bytes, view.get(Context.class)))
                            .subscribeOn(Schedulers.boundedElastic())))
        .flatMap(reply -> answer(exchange.getResponse(), reply));
  }

  @SuppressWarnings("try") // the scope is closed, not used
  private Reply treat(ServerHttpRequest request, long bytes, Context context) {
    Map<String, String> headers = new TreeMap<>();
    request.getHeaders().forEach((name, values) -> add(headers, name, values));
    String query = request.getURI().getRawQuery();
    try (Scope scope = context.makeCurrent()) {
      return treat(
          request.getMethod().name(),
          request.getURI().getRawPath() + (query == null ? "" : "?" + query),
          headers,
          "HTTP/1.1",
          Objects.requireNonNull(request.getRemoteAddress()),
          bytes);
    } catch (InterruptedException e) {
      return new Reply(Reply.Kind.NONE, 0, Map.of()); // nobody is there any more
    }
  }

  private static Mono<Void> answer(ServerHttpResponse response, Reply reply) {
    if (reply.kind() == Reply.Kind.NONE) {
      return Mono.never();
    }
    reply.headers().forEach(response.getHeaders()::set);
    response.setStatusCode(HttpStatusCode.valueOf(reply.status()));
    response.getHeaders().setContentLength(BODY.length);
    return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(BODY)));
  }

  @Override
  public int port() {
    return application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  /** How Boot lets requests finish is what the starter's own tests show. */
  @Override
  public void stop(int seconds) {
    kill();
  }

  @Override
  public void kill() {
    application.close();
  }
}
