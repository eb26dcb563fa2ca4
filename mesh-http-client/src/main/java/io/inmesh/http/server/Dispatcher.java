package io.inmesh.http.server;

import io.inmesh.call.Admission;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.call.StoredResponse;
import io.inmesh.http.netty.Fields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;

/**
 * From a request to its handler: asks the engine first, then runs filters and handler on the
 * executor with the call's context current. Thread-safe.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Dispatcher {
  private static final System.Logger LOG = System.getLogger(Dispatcher.class.getName());

  private final Inbound inbound;
  private final Contexts contexts;
  private final Executor executor;

  Dispatcher(Inbound inbound, Contexts contexts, Executor executor) {
    this.inbound = inbound;
    this.contexts = contexts;
    this.executor = executor;
  }

  /** On the connection's loop: a request has begun. */
  void dispatch(ServerStream stream) {
    decided(stream, inbound.admit(stream.head, stream.peer));
  }

  private void decided(ServerStream stream, Admission admission) {
    if (admission instanceof Admission.Allowed allowed) {
      if (allowed.call().recorder() == null) {
        allowed(stream, allowed.call());
      } else {
        // What breaks off before a handler has begun can be repeated.
        stream.gather(() -> allowed(stream, allowed.call()));
      }
    } else if (admission instanceof Admission.Replayed replayed) {
      replay(stream, replayed.response());
      replayed.call().finish(replayed.response().status(), ResponseHead.NO_GRPC_STATUS);
    } else if (admission instanceof Admission.Denied denied) {
      reply(stream, denied.reply());
    } else if (admission instanceof Admission.Pending pending) {
      // What arrives meanwhile stays in the stream, within its window.
      pending
          .result()
          .thenAccept(result -> stream.channel.eventLoop().execute(() -> decided(stream, result)));
    }
  }

  private void allowed(ServerStream stream, InboundCall call) {
    if (stream.isBroken()) {
      unhandled(call, stream.refusal); // while it was being decided
      return;
    }
    URI uri;
    try {
      uri = new URI(stream.head.path());
    } catch (URISyntaxException invalid) {
      refuse(stream, call, 400);
      return;
    }
    String path = uri.getPath();
    ServerContext context = path == null ? null : contexts.find(path);
    if (context == null) {
      refuse(stream, call, 404);
      return;
    }
    ServerExchange exchange = new ServerExchange(stream, call, context, uri);
    try {
      executor.execute(() -> handle(exchange, context, call));
    } catch (RejectedExecutionException rejected) {
      if (executor instanceof ExecutorService pool && pool.isShutdown()) {
        // The server has stopped: the peer may send it elsewhere.
        stream.unprocessed();
        unhandled(call, 0);
      } else {
        refuse(stream, call, 503);
      }
    }
  }

  @SuppressWarnings("try") // the scope is closed, not used
  private static void handle(ServerExchange exchange, ServerContext context, InboundCall call) {
    try (Scope current = call.context().makeCurrent()) {
      context.handle(exchange);
    } catch (Throwable failure) {
      // The peer learns that it failed, not why.
      LOG.log(
          failure instanceof IOException ? Level.DEBUG : Level.WARNING,
          () -> "handler of " + context.getPath() + " failed",
          failure);
      exchange.failed();
    }
  }

  private static void refuse(ServerStream stream, InboundCall call, int status) {
    write(stream, status, new Fields(2), "");
    unhandled(call, status);
  }

  /** No handler has begun. */
  private static void unhandled(InboundCall call, int status) {
    ResponseRecorder recorder = call.recorder();
    if (recorder != null) {
      recorder.forget();
    }
    call.finish(status, ResponseHead.NO_GRPC_STATUS);
  }

  /** The response to an earlier request with the same idempotency key, again. */
  private static void replay(ServerStream stream, StoredResponse stored) {
    Fields fields = new Fields(stored.headers().size() + 2);
    stored.headers().forEach(field -> fields.append(field.getKey(), field.getValue()));
    write(
        stream,
        stored.status(),
        fields,
        Unpooled.wrappedBuffer(stored.parts().toArray(byte[][]::new)));
  }

  private static void reply(ServerStream stream, LocalReply reply) {
    Fields fields = new Fields(reply.headers().size() + 2);
    reply.headers().forEach(field -> fields.add(field.getKey(), field.getValue()));
    if (!reply.body().isEmpty() && fields.get("content-type") == null) {
      fields.append("content-type", "text/plain; charset=utf-8");
    }
    write(stream, reply.status(), fields, reply.body());
  }

  private static void write(ServerStream stream, int status, Fields fields, String body) {
    fields.append("date", HttpDate.now());
    write(stream, status, fields, ByteBufUtil.writeUtf8(stream.channel.alloc(), body));
  }

  private static void write(ServerStream stream, int status, Fields fields, ByteBuf body) {
    int length = body.readableBytes();
    boolean bodiless = stream.head.method().equals("HEAD") || length == 0;
    stream.discard();
    stream.writeHead(status, fields, status == 204 ? ServerStream.NONE : length, bodiless);
    if (bodiless) {
      body.release();
      stream.channel.flush();
    } else {
      stream.writeBody(body, true);
    }
    stream.responseDone();
  }
}
