package io.inmesh.spring;

import io.inmesh.call.BodyStart;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.Peer;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.opentelemetry.context.Context;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An admitted request on its way through the container, however often it is dispatched. Confined to
 * the request.
 */
final class ServletCall implements AsyncListener {
  private static final String ATTRIBUTE = ServletCall.class.getName();

  /** How much of a request with an idempotency key is read before its handler begins. */
  private static final int GATHERED = 64 * 1024;

  /** As it arrived. */
  final ServletHead head;

  /** The path that policies have decided about. */
  final String uri;

  final Inbound inbound;
  final Peer peer;
  final InboundCall call;
  private final @Nullable ResponseRecorder recorder;

  /** As the application writes it. */
  private MeshServletResponse answer;

  private boolean responded;
  private boolean headRecorded;

  /** What was written before the head left, for the record; null: nothing. */
  private @Nullable ByteArrayOutputStream early;

  /** Whether the container is to answer, by an error page or a report of its own. */
  private boolean failed;

  /** Whether that is because of an exception. */
  private boolean threw;

  /** Whether the caller has left. */
  private boolean gone;

  ServletCall(
      ServletHead head,
      String uri,
      Inbound inbound,
      Peer peer,
      InboundCall call,
      HttpServletResponse container) {
    this.head = head;
    this.uri = uri;
    this.inbound = inbound;
    this.peer = peer;
    this.call = call;
    this.recorder = call.recorder();
    this.answer = new MeshServletResponse(container, this);
  }

  /** The one a request was admitted as; null: it was not. */
  static @Nullable ServletCall of(ServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof ServletCall known ? known : null;
  }

  void attach(ServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
  }

  Context context() {
    return call.context();
  }

  boolean recording() {
    return recorder != null;
  }

  /**
   * Has a request with an idempotency key in memory, so that one that breaks off had no effect.
   *
   * @throws IOException if it breaks off
   */
  void gather() throws IOException {
    CompletionStage<BodyStart> body = recorder == null ? null : head.body(GATHERED);
    if (body == null) {
      return;
    }
    try {
      body.toCompletableFuture().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      unhandled(0);
      throw new IOException("interrupted while the request was being read", e);
    } catch (ExecutionException e) {
      unhandled(0);
      throw new IOException("the request was broken off", e.getCause());
    }
  }

  /** No handler has begun, and none will. */
  void unhandled(int status) {
    if (recorder != null) {
      recorder.forget();
    }
    call.finish(status, ResponseHead.NO_GRPC_STATUS);
  }

  // ---- the response ----

  MeshServletResponse answer() {
    return answer;
  }

  /** The container dispatches it to the application, or to an error page. */
  MeshServletResponse answer(HttpServletResponse container) {
    failed = false;
    answer = new MeshServletResponse(container, this);
    return answer;
  }

  /** The head is about to leave. */
  void committing(HttpServletResponse written) {
    respond(written, written.getStatus());
    record(written);
  }

  /** Once, however often the response is begun anew. */
  void respond(HttpServletResponse written, int status) {
    if (!responded) {
      responded = true;
      call.response(new ServletResponseHead(written, status));
    }
  }

  /** The head as it leaves. */
  void record(HttpServletResponse written) {
    if (recorder != null && !headRecorded) {
      headRecorded = true;
      recorder.head(new ServletResponseHead(written, written.getStatus()));
      if (early != null) {
        recorder.part(ByteBuffer.wrap(early.toByteArray()));
        early = null;
      }
    }
  }

  /** A part of the body. */
  void part(byte[] bytes, int offset, int length) {
    if (recorder == null) {
      return;
    }
    if (headRecorded) {
      recorder.part(ByteBuffer.wrap(bytes, offset, length));
    } else {
      early = early == null ? new ByteArrayOutputStream() : early;
      early.write(bytes, offset, length);
    }
  }

  /** The body is begun anew. */
  void reset() {
    early = null;
  }

  /**
   * The application leaves the response to the container, which takes no header fields any more.
   */
  void sendError(HttpServletResponse written, int status) {
    failed = true;
    early = null;
    respond(written, status);
  }

  /**
   * Something could not be written.
   *
   * @return whether the application is to go on nevertheless: the caller's next try finds the
   *     response
   */
  boolean broken() {
    gone = true;
    if (recorder == null) {
      call.cancel();
    }
    return recorder != null;
  }

  // ---- its end ----

  /** The application threw something at the container. */
  void threw() {
    failed = true;
    threw = true;
    early = null;
  }

  /** A dispatch is over, and the application has not gone on asynchronously. */
  void handled() {
    if (!failed) {
      complete();
      over();
    }
  }

  /** The container closes the response when this returns, and takes no header fields any more. */
  void forwarded() {
    if (!failed) {
      answer.commit();
    }
  }

  /** The response is complete, unless the container is to answer. */
  void complete() {
    if (failed) {
      return;
    }
    answer.commit();
    if (recorder != null && headRecorded) {
      recorder.end(ResponseHead.NO_GRPC_STATUS, null);
    }
  }

  /**
   * The container is done with a dispatch. If it shows no error page, or shows it only after this,
   * that is the last moment to change the head of what it reports.
   */
  void destroyed() {
    if (failed) {
      if (!answer.isCommitted()) {
        respond(answer, status());
      }
      over();
    }
  }

  private int status() {
    int status = answer.getStatus();
    return threw && status < 400 ? 500 : status;
  }

  private void over() {
    call.finish(gone && recorder == null ? 0 : status(), ResponseHead.NO_GRPC_STATUS);
  }

  @Override
  public void onComplete(AsyncEvent event) {
    over();
  }

  @Override
  public void onTimeout(AsyncEvent event) {
    // The application or the container answers, and completes.
  }

  @Override
  public void onError(AsyncEvent event) {
    if (event.getThrowable() instanceof IOException) {
      broken();
    }
  }

  @Override
  public void onStartAsync(AsyncEvent event) {
    // Whoever starts it anew does so by a request that adds this again.
  }
}
