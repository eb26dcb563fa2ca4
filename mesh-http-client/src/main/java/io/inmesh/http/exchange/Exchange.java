package io.inmesh.http.exchange;

import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Outbound;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.Shadow;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.http.netty.ClientTransport;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.HttpHead;
import io.inmesh.http.netty.ResponseFields;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One call of the application: drives an {@link OutboundCall} as its transport, in the serial
 * context of its {@link CallLoop}.
 */
final class Exchange<T> implements CallTransport, Runnable {
  private final CallLoop context = new CallLoop();
  private final ClientTransport transport;
  private final HttpRequest request;
  private final HttpHead head;
  private final HttpResponse.BodyHandler<T> handler;
  private final Executor executor;
  private final Executor drain;
  private final Sending sending;
  private final ResponseFuture<T> future;
  private final @Nullable MeshResponse<T> previous;
  private @Nullable HttpRequest redirect;
  private RequestBody body;
  private @Nullable OutboundCall call;

  // In the serial context.
  private @Nullable AttemptRun<T> attempts;
  private @Nullable ShadowRun shadows;
  private @Nullable AttemptRun<T> delivered;
  private @Nullable ResponsePump<T> pump;
  private @Nullable Cancellable timeout;

  /** What was tried, as the application may see it: read by whoever completes the response. */
  private List<AttemptRecord> history = List.of();

  private boolean bodyTaken;
  private boolean everGranted;
  private boolean over;

  /**
   * An exchange that has not begun.
   *
   * @param drain where body handlers and subscribers run
   * @param previous the redirect that led here; null: none
   * @throws IllegalArgumentException if the request cannot be sent as it is
   */
  Exchange(
      Sending sending,
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      Executor drain,
      ResponseFuture<T> future,
      @Nullable MeshResponse<T> previous) {
    this.sending = sending;
    this.transport = sending.transport();
    this.request = request;
    this.head = RequestCheck.head(request);
    this.handler = handler;
    this.executor = sending.executor();
    this.drain = drain;
    this.body = RequestBody.of(request.bodyPublisher());
    this.future = future;
    this.previous = previous;
  }

  /** Begins on the calling thread, whose context the call inherits. */
  void begin(Outbound outbound) {
    future.carriedBy(this);
    RequestBody.Holding holding =
        body instanceof RequestBody.Streaming streaming
            ? streaming.holding()
            : RequestBody.Holding.NO;
    call = outbound.begin(head, options(holding), this);
    switch (holding) {
      case NO -> start();
      case AT_ONCE -> gather(this::start);
      case ELSEWHERE -> {
        settle(); // from here on timeouts are at work
        executor.execute(() -> gather(() -> execute(this::startLate)));
      }
    }
  }

  private CallOptions options(RequestBody.Holding holding) {
    if (holding != RequestBody.Holding.NO || body == RequestBody.None.NONE) {
      return CallOptions.DEFAULT;
    }
    return body.replayable() ? CallOptions.REPEATABLE : CallOptions.ONCE;
  }

  private void gather(Runnable then) {
    if (!(body instanceof RequestBody.Streaming small)) {
      throw new IllegalStateException("gathered already");
    }
    try {
      Gatherer.gather(
          small.publisher(),
          small.length(),
          (bytes, failure) -> {
            if (bytes != null) {
              body = new RequestBody.Buffered(bytes);
              then.run();
            } else {
              notGathered(failure == null ? new IOException("no body") : failure);
            }
          });
    } catch (RuntimeException broken) {
      notGathered(broken);
    }
  }

  private void notGathered(Throwable failure) {
    execute(() -> bodyFailed(failure));
    settle();
  }

  private OutboundCall call() {
    if (call == null) {
      throw new IllegalStateException("not begun");
    }
    return call;
  }

  private void start() {
    call().start();
    settle();
  }

  /** On the home loop, after the body was gathered. */
  private void startLate() {
    if (!over) {
      call().start();
    }
  }

  /** The serial context moves from this thread to the home loop. */
  private void settle() {
    if (!context.settled()) {
      context.choose(transport.anyLoop());
      boolean begun = attempts != null || shadows != null || request.timeout().isPresent();
      context.settle(begun ? this : null);
    }
  }

  /** On the home loop, once: opens what was picked on the starting thread. */
  @Override
  public void run() {
    if (!over) {
      request.timeout().ifPresent(limit -> timeout = schedule(limit.toNanos(), this::timedOut));
    }
    for (AttemptRun<T> run = attempts; run != null; run = run.next) {
      run.open();
    }
    for (ShadowRun run = shadows; run != null; run = run.next) {
      run.open();
    }
  }

  @Override
  public void execute(Runnable task) {
    context.execute(task);
  }

  /** Runs a task in the context behind what runs there now; at once if the loop has ended. */
  void executeBehind(Runnable task) {
    try {
      execute(task);
    } catch (RejectedExecutionException ended) {
      task.run();
    }
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    return context.schedule(delayNanos, task);
  }

  @Override
  public void send(Attempt attempt) {
    switch (attempt.pick(Usable.ALL)) {
      case REFUSED -> {}
      case NONE -> attempt.failed(Failure.CONNECT, new IOException("no endpoint is usable"));
      case PICKED -> {
        if (!context.chosen()) {
          context.choose(transport.loopOf(attempt.endpoint().address()));
        }
        AttemptRun<T> run = new AttemptRun<>(this, attempt, context.loop());
        run.next = attempts;
        attempts = run;
        if (context.settled()) {
          run.open();
        }
      }
    }
  }

  @Override
  public void mirror(Shadow shadow) {
    context.choose(transport.anyLoop());
    ShadowRun run = new ShadowRun(this, shadow, head.copy(), body, context.loop());
    run.next = shadows;
    shadows = run;
    if (context.settled()) {
      run.open();
    }
  }

  /** From an attempt: a part of a body that is sent once. */
  void tee(ByteBuffer part) {
    for (ShadowRun run = shadows; run != null; run = run.next) {
      run.tee(part);
    }
  }

  void teeDone() {
    for (ShadowRun run = shadows; run != null; run = run.next) {
      run.teeDone();
    }
  }

  @Override
  public void abandon(Attempt attempt) {
    AttemptRun<T> run = unlink(attempt);
    if (run != null) {
      run.abandon();
    }
    for (ShadowRun copy = shadows; copy != null; copy = copy.next) {
      if (copy.shadow == attempt) {
        copy.abandon();
      }
    }
  }

  /** An attempt failed. */
  void forget(AttemptRun<T> run) {
    unlink(run.attempt);
  }

  private @Nullable AttemptRun<T> unlink(Attempt attempt) {
    AttemptRun<T> before = null;
    for (AttemptRun<T> run = attempts; run != null; run = run.next) {
      if (run.attempt == attempt) {
        everGranted |= run.granted();
        if (before == null) {
          attempts = run.next;
        } else {
          before.next = run.next;
        }
        return run;
      }
      before = run;
    }
    return null;
  }

  @Override
  public void deliver(Attempt attempt) {
    for (AttemptRun<T> run = attempts; run != null; run = run.next) {
      if (run.attempt == attempt) {
        deliver(run);
        return;
      }
    }
  }

  private void deliver(AttemptRun<T> run) {
    stopTimer();
    delivered = run;
    remember();
    ResponsePump<T> to = new ResponsePump<>(this, run.head(), drain);
    pump = to;
    to.signalSoon();
    run.deliverTo(to);
  }

  /** Before what follows is handed to the thread that completes the response. */
  void remember() {
    history = call().attempts();
  }

  @Override
  public void respond(LocalReply reply) {
    if (over) {
      return;
    }
    stopTimer();
    remember();
    Fields fields = new Fields(reply.headers().size() + 2);
    reply.headers().forEach(field -> fields.add(field.getKey(), field.getValue()));
    byte[] text = reply.body().getBytes(StandardCharsets.UTF_8);
    if (text.length > 0 && fields.get("content-type") == null) {
      fields.append("content-type", "text/plain; charset=utf-8");
    }
    fields.set("content-length", Integer.toString(text.length));
    ResponsePump<T> to =
        new ResponsePump<>(this, new ResponseFields(reply.status(), fields), drain);
    pump = to;
    to.whole(ByteBuffer.wrap(head.method().equals("HEAD") ? new byte[0] : text));
    finish();
    leave();
  }

  @Override
  public void fail(MeshException failure) {
    end(failure);
  }

  private void end(Throwable failure) {
    if (over) {
      return;
    }
    finish();
    if (pump != null) {
      pump.fail(failure);
    } else {
      failOnExecutor(failure);
    }
    leave();
  }

  private void failOnExecutor(Throwable failure) {
    try {
      drain.execute(() -> failNow(failure));
    } catch (Throwable refused) {
      failNow(failure); // there is no better thread any more
    }
  }

  private void finishOnce() {
    if (!over) {
      finish();
      leave();
    }
  }

  private void finish() {
    over = true;
    stopTimer();
    for (ShadowRun run = shadows; run != null; run = run.next) {
      run.exchangeOver();
    }
  }

  /**
   * Once, after {@link #finish}: the client may end, and the application's executor with it. So it
   * comes behind what the pump has still to hand over.
   */
  private void leave() {
    if (delivered == null) {
      sending.finished();
    } else {
      executeBehind(sending.finishing);
    }
  }

  /** The application gave up; from any thread. */
  void cancel() {
    execute(
        () -> {
          if (!over) {
            call().cancel();
            end(new CancellationException("the call was cancelled"));
          }
        });
  }

  private void timedOut() {
    if (over || pump != null) {
      return;
    }
    boolean connecting = !everGranted;
    for (AttemptRun<T> run = attempts; run != null; run = run.next) {
      connecting &= !run.granted();
    }
    call().expire();
    MeshException cause =
        new MeshException(Reason.TIMEOUT, "no response head in time", call().attempts(), null);
    HttpTimeoutException failure =
        connecting
            ? new HttpConnectTimeoutException("HTTP connect timed out")
            : new HttpTimeoutException("request timed out");
    failure.initCause(cause);
    end(failure);
  }

  private void stopTimer() {
    if (timeout != null) {
      timeout.cancel();
      timeout = null;
    }
  }

  /** Beginning it threw: nothing was sent. */
  void failedToBegin(Throwable failure) {
    finishOnce();
    future.completeExceptionally(failure);
  }

  /** The publisher of the request body failed: so does the call. */
  void bodyFailed(Throwable failure) {
    if (!over) {
      call().cancel();
      end(failure instanceof IOException ? failure : new IOException(failure.toString(), failure));
    }
  }

  /** The delivered response was received to its end. */
  void complete(AttemptRun<T> run) {
    unlink(run.attempt);
    finishOnce();
  }

  /** From the pump: the subscriber has taken bytes, more may be read. */
  void consumed(int bytes) {
    context
        .loop()
        .execute(
            () -> {
              if (delivered != null && !over) {
                delivered.consumed(bytes);
              }
            });
  }

  /** Which subscriber takes the body: the application's, unless the response is a redirect. */
  HttpResponse.BodySubscriber<T> subscriber(HttpResponse.ResponseInfo info) {
    HttpRequest next =
        Redirects.next(sending.redirects(), request, info.statusCode(), info.headers());
    if (next == null || hops() >= Redirects.MOST) {
      return handler.apply(info);
    }
    redirect = next;
    return new Nothing<>();
  }

  private int hops() {
    int hops = 0;
    for (MeshResponse<T> before = previous; before != null; before = before.before()) {
      hops++;
    }
    return hops;
  }

  void completeNow(int status, HttpHeaders headers, @Nullable T result) {
    MeshResponse<T> response =
        new MeshResponse<>(request, status, headers, version(), result, history, previous);
    if (redirect == null) {
      future.complete(response);
    } else {
      sending.follow(redirect, handler, drain, future, response);
    }
  }

  void failNow(Throwable failure) {
    future.completeExceptionally(failure);
  }

  /** Whether an attempt has begun to send a body that can be sent once. */
  boolean bodyTaken() {
    return bodyTaken;
  }

  void takeBody() {
    bodyTaken = true;
  }

  RequestBody body() {
    return body;
  }

  HttpHead head() {
    return head;
  }

  boolean expectContinue() {
    return request.expectContinue();
  }

  Executor executor() {
    return executor;
  }

  HttpClient.Version version() {
    return delivered != null && delivered.http2()
        ? HttpClient.Version.HTTP_2
        : HttpClient.Version.HTTP_1_1;
  }
}
