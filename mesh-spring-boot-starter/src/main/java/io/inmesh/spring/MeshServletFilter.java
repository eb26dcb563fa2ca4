package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.opentelemetry.context.Scope;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * Admits each request before anything else of the container sees it, and makes its deadline, trace
 * and peer current while the application works on it. Thread-safe.
 */
final class MeshServletFilter implements Filter {
  /** The container has chosen a handler by the path as it came; policies decided on another. */
  private static final LocalReply NOT_NORMAL =
      new LocalReply(
          400, 3, List.of(), "the path is not in its normal form", Reason.PROTOCOL_ERROR);

  private final Mesh mesh;
  private final Map<Integer, Inbound> ports = new ConcurrentHashMap<>();

  MeshServletFilter(Mesh mesh) {
    this.mesh = mesh;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!(request instanceof HttpServletRequest http)
        || !(response instanceof HttpServletResponse answer)) {
      chain.doFilter(request, response);
      return;
    }
    ServletHead head = new ServletHead(http);
    Inbound inbound = ports.computeIfAbsent(http.getLocalPort(), mesh::inbound);
    Admission admission = inbound.admit(head, peer(http));
    if (admission instanceof Admission.Pending pending) {
      admission = await(pending);
    }
    if (admission instanceof Admission.Allowed allowed && head.misdirected()) {
      allowed.call().finish(400, ResponseHead.NO_GRPC_STATUS);
      refuse(answer, NOT_NORMAL);
    } else if (admission instanceof Admission.Allowed allowed) {
      HttpServletRequest seen = head.changed() ? new MeshServletRequest(http, head) : http;
      handle(seen, answer, chain, allowed.call());
    } else if (admission instanceof Admission.Denied denied) {
      refuse(answer, denied.reply());
    }
  }

  @SuppressWarnings("try") // the scope is closed, not used
  private static void handle(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain, InboundCall call)
      throws IOException, ServletException {
    boolean done = false;
    try (Scope scope = call.context().makeCurrent()) {
      chain.doFilter(request, response);
      done = true;
    } finally {
      if (!done) {
        call.finish(500, ResponseHead.NO_GRPC_STATUS);
      } else if (request.isAsyncStarted()) {
        finishLater(request.getAsyncContext(), response, call);
      } else {
        call.finish(response.getStatus(), ResponseHead.NO_GRPC_STATUS);
      }
    }
  }

  private static void finishLater(
      AsyncContext context, HttpServletResponse response, InboundCall call) {
    context.addListener(
        new AsyncListener() {
          @Override
          public void onComplete(AsyncEvent event) {
            call.finish(response.getStatus(), ResponseHead.NO_GRPC_STATUS);
          }

          @Override
          public void onTimeout(AsyncEvent event) {
            call.finish(503, ResponseHead.NO_GRPC_STATUS);
          }

          @Override
          public void onError(AsyncEvent event) {
            call.finish(500, ResponseHead.NO_GRPC_STATUS);
          }

          @Override
          public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this);
          }
        });
  }

  private static Admission await(Admission.Pending pending) throws IOException {
    try {
      return pending.result().toCompletableFuture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the request was being authorized", e);
    } catch (ExecutionException e) {
      throw new IOException("the request could not be authorized", e.getCause());
    }
  }

  private static void refuse(HttpServletResponse response, LocalReply reply) throws IOException {
    response.setStatus(reply.status());
    reply.headers().forEach(field -> response.addHeader(field.getKey(), field.getValue()));
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    response.setContentType("text/plain;charset=UTF-8");
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }

  private static Peer peer(HttpServletRequest request) {
    return new Peer(
        new InetSocketAddress(request.getRemoteAddr(), request.getRemotePort()),
        null,
        request.isSecure(),
        new InetSocketAddress(request.getLocalAddr(), request.getLocalPort()),
        null);
  }
}
