package io.inmesh.http.server;

import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http2Codec;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.io.IOException;

/** One request on an HTTP/2 connection. Confined to its loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http2ServerStream extends ServerStream {
  private final Http2ServerConnection connection;
  private final Http2Stream stream;
  private boolean expects;
  private boolean done;

  Http2ServerStream(Http2ServerConnection connection, Http2Stream stream, HttpHead head) {
    super(connection.channel(), head, connection.peer());
    this.connection = connection;
    this.stream = stream;
    expects = "100-continue".equals(head.headers().get("expect"));
    head.headers().remove("expect");
  }

  @Override
  String protocol() {
    return "HTTP/2.0";
  }

  /** Whether the response is complete, as far as this side is concerned. */
  boolean done() {
    return done;
  }

  /** The peer sends the body, asked or not. */
  void bodyBegins() {
    expects = false;
  }

  private boolean open() {
    return connection.isOpen(stream);
  }

  private boolean writable() {
    return !done && open() && !stream.isResetSent();
  }

  @Override
  void writeHead(int status, Fields fields, long length, boolean end) {
    if (writable()) {
      started = true;
      connection.writeHead(stream, Http2Codec.response(status, fields, length), end);
    }
  }

  @Override
  void writeBody(ByteBuf data, boolean last) {
    int bytes = data.readableBytes();
    writing(bytes);
    if (!writable()) {
      data.release();
      written(bytes, false);
      return;
    }
    ChannelHandlerContext ctx = connection.context();
    connection
        .handler
        .encoder()
        .writeData(ctx, stream.id(), data, 0, last, ctx.newPromise())
        .addListener(result -> written(bytes, result.isSuccess()));
    connection.handler.flush(ctx);
  }

  @Override
  void sendContinue() {
    if (expects && !started && writable()) {
      expects = false;
      connection.writeHead(stream, Http2Codec.response(100, new Fields(1), NONE), false);
      connection.flush();
    }
  }

  @Override
  void widen(int bytes) {
    if (!open() || !connection.isOurs(stream, this)) {
      return; // Netty gives the rest of a closed stream's window back itself
    }
    try {
      if (connection.http2.local().flowController().consumeBytes(stream, bytes)) {
        connection.flush();
      }
    } catch (Http2Exception impossible) {
      connection.handler.onError(connection.context(), true, impossible);
    }
  }

  @Override
  void reset() {
    if (writable()) {
      done = true;
      connection.reset(stream, Http2Error.INTERNAL_ERROR);
    }
  }

  @Override
  void unprocessed() {
    if (writable()) {
      done = true;
      connection.reset(stream, Http2Error.REFUSED_STREAM);
    }
  }

  /** The rest of the request is of no use to anyone. */
  void refuse(int status, String why) {
    if (started) {
      reset();
    } else {
      refusal = status;
      writeHead(status, new Fields(1), 0, true);
      responseDone();
      connection.flush();
    }
    broken(new IOException(why));
  }

  @Override
  void giveUp() {
    refuse(408, "the peer neither sends nor takes anything");
  }

  @Override
  void responseDone() {
    if (done) {
      return;
    }
    done = true;
    if (!received()) {
      discard();
      // After the response, not instead of it: written behind it.
      connection
          .context()
          .executor()
          .execute(
              () -> {
                if (open() && !received() && !connection.responseQueued(stream)) {
                  connection.reset(stream, Http2Error.NO_ERROR);
                }
              });
    }
  }
}
