package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.StoredResponse;
import io.opentelemetry.context.Scope;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestEvent;
import jakarta.servlet.ServletRequestListener;
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
import org.jspecify.annotations.Nullable;

/**
 * Admits each request before anything else of the container sees it, and makes its deadline, trace
 * and peer current while the application works on it. Thread-safe.
 */
final class MeshServletFilter implements Filter, ServletRequestListener {
  /** The container has chosen a handler by the path as it came; policies decided on another. */
  private static final LocalReply NOT_NORMAL =
      new LocalReply(
          400, 3, List.of(), "the path is not in its normal form", Reason.PROTOCOL_ERROR);

  /** Where the container puts what the client has shown. */
  private static final String CERTIFICATES = "jakarta.servlet.request.X509Certificate";

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
    ServletCall before = ServletCall.of(http);
    if (before != null) {
      dispatched(before, http, answer, chain);
    } else if (http.getDispatcherType() == DispatcherType.ERROR) {
      chain.doFilter(request, response); // of a request that this filter has not seen
    } else {
      arrived(http, answer, chain);
    }
  }

  private void arrived(HttpServletRequest http, HttpServletResponse answer, FilterChain chain)
      throws IOException, ServletException {
    ServletHead head = new ServletHead(http);
    Inbound inbound = ports.computeIfAbsent(http.getLocalPort(), mesh::inbound);
    Peer peer = peer(http, inbound);
    Admission admission = inbound.admit(head, peer);
    if (admission instanceof Admission.Pending pending) {
      admission = await(pending, head.thread());
    }
    if (admission instanceof Admission.Allowed allowed) {
      ServletCall call =
          new ServletCall(head, http.getRequestURI(), inbound, peer, allowed.call(), answer);
      if (head.misdirected()) {
        call.unhandled(400);
        refuse(answer, NOT_NORMAL);
      } else {
        call.gather();
        begin(call, http, answer, chain);
      }
    } else if (admission instanceof Admission.Replayed replayed) {
      try {
        replay(answer, replayed.response());
      } finally {
        replayed.call().finish(replayed.response().status(), ResponseHead.NO_GRPC_STATUS);
      }
    } else if (admission instanceof Admission.Denied denied) {
      refuse(answer, denied.reply());
    }
  }

  private static void begin(
      ServletCall call, HttpServletRequest request, HttpServletResponse answer, FilterChain chain)
      throws IOException, ServletException {
    // So that Jetty, too, commits nothing sooner than that is full.
    answer.setBufferSize(answer.getBufferSize());
    call.attach(request);
    HttpServletRequest seen =
        call.head.changed()
            ? new MeshServletRequest(request, call)
            : new AdmittedRequest(request, call);
    handle(call, seen, call.answer(), chain);
  }

  /**
   * The application hands the request on. Where it has chosen the new path by what the caller sent,
   * the caller must not get further than by asking for that path. Error pages are the container's
   * choice.
   */
  private static void dispatched(
      ServletCall call, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    DispatcherType how = request.getDispatcherType();
    if (how == DispatcherType.ERROR) {
      handle(call, new AdmittedRequest(request, call), call.answer(response), chain);
      return;
    }
    boolean include = how == DispatcherType.INCLUDE;
    Object included = request.getAttribute(RequestDispatcher.INCLUDE_REQUEST_URI);
    String uri = include && included != null ? included.toString() : request.getRequestURI();
    LocalReply refusal = uri.equals(call.uri) ? null : refusal(call, uri);
    if (how == DispatcherType.ASYNC) {
      handle(
          call,
          request,
          response,
          refusal == null ? chain : (asked, answer) -> refuse(response, refusal));
    } else if (refusal == null) {
      goOn(call, request, response, chain);
    } else if (!include) {
      refuse(response, refusal);
    }
    // What is included has no status of its own: it is left out.
    if (how == DispatcherType.FORWARD && !request.isAsyncStarted()) {
      call.forwarded();
    }
  }

  private static @Nullable LocalReply refusal(ServletCall call, String uri) throws IOException {
    ServletHead head = new ServletHead(call.head, uri);
    Admission admission = call.inbound.dispatch(head, call.peer, call.call);
    if (admission instanceof Admission.Pending pending) {
      admission = await(pending, head.thread());
    }
    return admission instanceof Admission.Denied denied
        ? denied.reply()
        : head.misdirected() || !(admission instanceof Admission.Allowed) ? NOT_NORMAL : null;
  }

  /** From the container: on whatever thread, and to the end of this dispatch. */
  private static void handle(
      ServletCall call, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    boolean done = false;
    try {
      goOn(call, request, response, chain);
      done = true;
    } finally {
      if (!done) {
        call.threw();
      } else if (!request.isAsyncStarted()) {
        call.handled();
      }
    }
  }

  @SuppressWarnings("try") // the scope is closed, not used
  private static void goOn(
      ServletCall call, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    try (Scope scope = call.context().makeCurrent()) {
      chain.doFilter(request, response);
    }
  }

  /** Some containers are done with a request only after it has been through this filter. */
  @Override
  public void requestDestroyed(ServletRequestEvent event) {
    ServletCall call = ServletCall.of(event.getServletRequest());
    if (call != null) {
      call.destroyed();
    }
  }

  private static Admission await(Admission.Pending pending, WaitingThread thread)
      throws IOException {
    try {
      return thread.await(pending.result());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the request was being authorized", e);
    } catch (ExecutionException e) {
      throw new IOException("the request could not be authorized", e.getCause());
    }
  }

  private static void refuse(HttpServletResponse response, LocalReply reply) throws IOException {
    write(
        response,
        reply.status(),
        "text/plain;charset=UTF-8",
        reply.headers(),
        List.of(reply.body().getBytes(StandardCharsets.UTF_8)));
  }

  /** The response to an earlier request with the same idempotency key, again. */
  private static void replay(HttpServletResponse response, StoredResponse stored)
      throws IOException {
    write(response, stored.status(), null, stored.headers(), stored.parts());
  }

  private static void write(
      HttpServletResponse response,
      int status,
      @Nullable String type,
      List<Map.Entry<String, String>> headers,
      List<byte[]> body)
      throws IOException {
    response.setStatus(status);
    response.setContentType(type);
    headers.forEach(field -> response.addHeader(field.getKey(), field.getValue()));
    response.setContentLength(body.stream().mapToInt(part -> part.length).sum());
    for (byte[] part : body) {
      response.getOutputStream().write(part);
    }
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
