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
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
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

  /** The attribute of a request that was admitted: {@link Admitted}. */
  private static final String ADMITTED = MeshServletFilter.class.getName();

  /** Where the container puts what the client has shown. */
  private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

  /**
   * A request that was admitted.
   *
   * @param head as it arrived
   * @param uri that policies have decided about
   */
  private record Admitted(
      ServletHead head, String uri, Inbound inbound, Peer peer, InboundCall call) {}

  private final Mesh mesh;
  private final Map<Integer, Inbound> ports = new ConcurrentHashMap<>();
  private final CertifiedPeers peers = new CertifiedPeers(System::currentTimeMillis);

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
    if (http.getAttribute(ADMITTED) instanceof Admitted before) {
      dispatched(before, http, answer, chain);
      return;
    }
    ServletHead head = new ServletHead(http);
    Inbound inbound = ports.computeIfAbsent(http.getLocalPort(), mesh::inbound);
    Peer peer = peer(http, inbound);
    Admission admission = inbound.admit(head, peer);
    if (admission instanceof Admission.Pending pending) {
      admission = await(pending);
    }
    if (admission instanceof Admission.Allowed allowed && head.misdirected()) {
      allowed.call().finish(400, ResponseHead.NO_GRPC_STATUS);
      refuse(answer, NOT_NORMAL);
    } else if (admission instanceof Admission.Allowed allowed) {
      HttpServletRequest seen = head.changed() ? new MeshServletRequest(http, head) : http;
      http.setAttribute(
          ADMITTED, new Admitted(head, http.getRequestURI(), inbound, peer, allowed.call()));
      handle(seen, answer, chain, allowed.call());
    } else if (admission instanceof Admission.Denied denied) {
      refuse(answer, denied.reply());
    }
  }

  /**
   * The application hands the request on. Where it has chosen the new path by what the caller sent,
   * the caller must not get further than by asking for that path.
   */
  private static void dispatched(
      Admitted before, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean include = request.getDispatcherType() == DispatcherType.INCLUDE;
    Object included = request.getAttribute(RequestDispatcher.INCLUDE_REQUEST_URI);
    String uri = include && included != null ? included.toString() : request.getRequestURI();
    if (uri.equals(before.uri())) {
      goOn(before, request, response, chain);
      return;
    }
    ServletHead head = new ServletHead(before.head(), uri);
    Admission admission = before.inbound().dispatch(head, before.peer(), before.call());
    if (admission instanceof Admission.Pending pending) {
      admission = await(pending);
    }
    LocalReply refusal =
        admission instanceof Admission.Denied denied
            ? denied.reply()
            : head.misdirected() || !(admission instanceof Admission.Allowed) ? NOT_NORMAL : null;
    if (refusal == null) {
      goOn(before, request, response, chain);
    } else if (!include) {
      refuse(response, refusal);
    }
    // What is included has no status of its own: it is left out.
  }

  /** Often on another thread than the one that admitted it. */
  @SuppressWarnings("try") // the scope is closed, not used
  private static void goOn(
      Admitted before, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    try (Scope scope = before.call().context().makeCurrent()) {
      chain.doFilter(request, response);
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

  private Peer peer(HttpServletRequest request, Inbound inbound) {
    X509Certificate[] chain =
        request.getAttribute(CERTIFICATES) instanceof X509Certificate[] shown ? shown : null;
    return new Peer(
        new InetSocketAddress(request.getRemoteAddr(), request.getRemotePort()),
        peers.identity(inbound, chain),
        request.isSecure(),
        new InetSocketAddress(request.getLocalAddr(), request.getLocalPort()),
        null);
  }
}
