package io.inmesh.http.server;

import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http1Codec;
import io.inmesh.http.netty.HttpHead;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** One request on an HTTP/1.1 connection. Confined to its loop. */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class Http1ServerStream extends ServerStream {
  private static final byte[] CONTINUE =
      "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Http1ServerConnection connection;
  private final boolean http11;
  private boolean keepAlive;
  private boolean expects;
  private boolean done;
  private boolean chunked;
  private long receivedWhenDone;

  Http1ServerStream(
      Http1ServerConnection connection,
      HttpHead head,
      boolean keepAlive,
      boolean http11,
      boolean expects) {
    super(connection.channel(), head, connection.peer());
    this.connection = connection;
    this.keepAlive = keepAlive;
    this.http11 = http11;
    this.expects = expects;
  }

  /** Whether the connection takes another request after this one. */
  boolean keepAlive() {
    return keepAlive;
  }

  /** The peer sends the body, asked or not. */
  void bodyBegins() {
    expects = false;
  }

  /** A part of the body was read. */
  void received(boolean all) {
    if (done) {
      if (all) {
        connection.next(this);
      } else if (bytesReceived() - receivedWhenDone > Lingering.BYTES) {
        connection.linger();
      }
    }
  }

  /** The rest of the request is of no use to anyone. */
  void refuse(int status, String why) {
    if (started) {
      channel.close();
    } else {
      refusal = status;
      connection.error(status);
    }
    broken(new IOException(why));
  }

  @Override
  void giveUp() {
    refuse(408, "the peer neither sends nor takes anything");
  }

  @Override
  String protocol() {
    return http11 ? "HTTP/1.1" : "HTTP/1.0";
  }

  @Override
  void writeHead(int status, Fields fields, long length, boolean end) {
    if (!connection.isCurrent(this)) {
      return;
    }
    started = true;
    boolean bare = head.method().equals("HEAD") || status == 204 || status == 304;
    chunked = length == UNKNOWN && http11 && !bare;
    // Without chunks the end of an HTTP/1.0 body is the end of the connection; and a request body
    // that waits for a "100 Continue" that never comes may come or not.
    String wish = fields.get("connection");
    keepAlive &=
        (length != UNKNOWN || chunked || bare)
            && !expects
            && !connection.draining()
            && (wish == null || !wish.equalsIgnoreCase("close"));
    fields.remove("connection");
    if (!keepAlive) {
      fields.append("connection", "close");
    } else if (!http11) {
      fields.append("connection", "keep-alive");
    }
    ByteBuf out = channel.alloc().buffer(256);
    Http1Codec.writeResponse(out, status, fields, chunked ? -1 : length >= 0 ? length : -2);
    connection.writer().write(out, connection.writer().voidPromise());
  }

  @Override
  void writeBody(ByteBuf data, boolean last) {
    int bytes = data.readableBytes();
    writing(bytes);
    if (!connection.isCurrent(this)) {
      data.release();
      written(bytes, false);
      return;
    }
    ByteBuf out = data;
    if (chunked && (bytes > 0 || last)) {
      ByteBuf before = channel.alloc().buffer(16);
      ByteBuf after = channel.alloc().buffer(8);
      if (bytes > 0) {
        Http1Codec.writeChunkStart(before, bytes);
      }
      Http1Codec.writeChunkEnd(after, bytes > 0, last);
      out = Unpooled.wrappedBuffer(before, data, after);
    }
    connection
        .writer()
        .writeAndFlush(out)
        .addListener(result -> written(bytes, result.isSuccess()));
  }

  @Override
  void sendContinue() {
    if (expects && connection.isCurrent(this) && !started) {
      expects = false;
      connection
          .writer()
          .writeAndFlush(Unpooled.wrappedBuffer(CONTINUE), connection.writer().voidPromise());
    }
  }

  @Override
  void widen(int bytes) {
    connection.read();
  }

  @Override
  void reset() {
    if (connection.isCurrent(this)) {
      channel.close();
    }
  }

  @Override
  void unprocessed() {
    reset();
  }

  @Override
  void responseDone() {
    if (!connection.isCurrent(this) || done) {
      return;
    }
    done = true;
    if (received()) {
      connection.next(this);
      return;
    }
    receivedWhenDone = bytesReceived();
    discard();
    if (!keepAlive) {
      connection.linger();
    }
    // Else the rest of the request is read and dropped, to a point, to get at the next one.
  }
}
