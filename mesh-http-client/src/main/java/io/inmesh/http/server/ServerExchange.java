package io.inmesh.http.server;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpPrincipal;
import io.inmesh.call.InboundCall;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.http.MeshHttpServer;
import io.inmesh.http.netty.FieldSyntax;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.ResponseFields;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its response, as handlers of {@code com.sun.net.httpserver} see them. Used by one
 * thread at a time, as its contract says.
 */
final class ServerExchange extends HttpExchange {
  final ServerStream stream;
  private final InboundCall call;
  private final @Nullable ResponseRecorder recorder;
  private final HttpContext context;
  private final URI uri;
  private final RequestStream request;
  private final ResponseStream response;
  private final Headers requestHeaders = new Headers();
  private final Headers responseHeaders = new Headers();
  private @Nullable Map<String, Object> attributes;
  private @Nullable InputStream wrappedRequest;
  private @Nullable OutputStream wrappedResponse;
  private @Nullable HttpPrincipal principal;
  private @Nullable ResponseFields pendingHead;
  private long pendingLength;
  private int status = -1;
  private volatile boolean finished;

  ServerExchange(ServerStream stream, InboundCall call, HttpContext context, URI uri) {
    this.stream = stream;
    this.call = call;
    this.recorder = call.recorder();
    this.context = context;
    this.uri = uri;
    this.response = new ResponseStream(this);
    this.request = new RequestStream(stream, this::broken);
    stream.attach(request, response);
    Fields fields = stream.head.headers();
    for (int i = 0; i < fields.size(); i++) {
      requestHeaders.add(fields.name(i), fields.value(i));
    }
    requestHeaders.set("Host", stream.head.authority());
  }

  @Override
  public Headers getRequestHeaders() {
    return requestHeaders;
  }

  @Override
  public Headers getResponseHeaders() {
    return responseHeaders;
  }

  @Override
  public URI getRequestURI() {
    return uri;
  }

  @Override
  public String getRequestMethod() {
    return stream.head.method();
  }

  @Override
  public HttpContext getHttpContext() {
    return context;
  }

  @Override
  public InputStream getRequestBody() {
    return wrappedRequest == null ? request : wrappedRequest;
  }

  @Override
  public OutputStream getResponseBody() {
    return wrappedResponse == null ? response : wrappedResponse;
  }

  @Override
  public void sendResponseHeaders(int code, long length) throws IOException {
    if (status >= 0) {
      throw new IOException("headers already sent");
    }
    if (code < 200 || code > 999) {
      throw new IOException("not a final status: " + code);
    }
    status = code;
    boolean bodiless = stream.head.method().equals("HEAD") || code == 204 || code == 304;
    long announced = length > 0 ? length : length == 0 ? ServerStream.UNKNOWN : 0;
    if (bodiless) {
      // A response to HEAD may say how long the one to GET would be.
      String own = responseHeaders.getFirst("Content-Length");
      announced = code == 204 ? ServerStream.NONE : length > 0 ? length : ownLength(own);
    }
    ResponseFields head = new ResponseFields(code, fields());
    call.response(head);
    pendingHead = head;
    pendingLength = announced;
    if (bodiless || length < 0) {
      response.length(0);
      send(Unpooled.EMPTY_BUFFER, true);
    } else {
      response.length(length > 0 ? length : -1);
      if (length == 0) {
        send(Unpooled.EMPTY_BUFFER, false);
      }
      // With a known length the head waits for the first bytes and leaves together with them.
    }
  }

  private static long ownLength(@Nullable String text) throws IOException {
    try {
      return text == null ? ServerStream.NONE : Long.parseLong(text.strip());
    } catch (NumberFormatException invalid) {
      throw new IOException("invalid Content-Length", invalid);
    }
  }

  private Fields fields() {
    Fields fields = new Fields(responseHeaders.size() + 3);
    for (Map.Entry<String, List<String>> header : responseHeaders.entrySet()) {
      String name = FieldSyntax.checkName(header.getKey());
      if (!name.equals("content-length") && !name.equals("transfer-encoding")) {
        for (String value : header.getValue()) {
          fields.append(name, FieldSyntax.checkValue(name, value));
        }
      }
    }
    if (fields.get("date") == null) {
      fields.append("date", HttpDate.now());
    }
    return fields;
  }

  boolean headSent() {
    return status >= 0;
  }

  /** Hands a part of the response to the loop, with the head before it if that has not left yet. */
  void send(ByteBuf data, boolean last) throws IOException {
    ResponseFields head = pendingHead;
    pendingHead = null;
    long length = pendingLength;
    try {
      stream.channel.eventLoop().execute(() -> sendNow(head, length, data, last));
    } catch (RejectedExecutionException stopped) {
      data.release();
      throw new IOException("the server has stopped", stopped);
    }
  }

  private void sendNow(@Nullable ResponseFields head, long length, ByteBuf data, boolean last) {
    record(head, data, last);
    if (recorder != null && stream.received()) {
      response.ignoreFailures(); // also those that come before the end of the connection is known
    }
    if (last) {
      finish(status); // before the peer knows: its next request finds the place of this one free
    }
    boolean only = head != null && last && !data.isReadable();
    if (head != null) {
      stream.writeHead(head.status(), head.headers(), length, only);
    }
    if (only) {
      data.release();
      stream.channel.flush();
    } else {
      stream.writeBody(data, last);
    }
    if (last) {
      stream.responseDone();
    }
  }

  /** On the loop: for requests with an idempotency key. */
  private void record(@Nullable ResponseFields head, ByteBuf data, boolean last) {
    if (recorder == null || finished) {
      return;
    }
    if (head != null) {
      recorder.head(head);
    }
    if (data.isReadable()) {
      recorder.part(data.nioBuffer());
    }
    if (last) {
      recorder.end(ResponseHead.NO_GRPC_STATUS, null);
    }
  }

  private void finish(int code) {
    if (!finished) {
      finished = true;
      call.finish(code, ResponseHead.NO_GRPC_STATUS);
    }
  }

  /** On the loop: the peer is gone. */
  private void broken() {
    if (finished) {
      return;
    }
    if (recorder != null && stream.received()) {
      return; // the handler goes on, for the record: the caller's next try finds it
    }
    response.breakOff();
    call.cancel();
    finish(stream.refusal);
  }

  /** Breaks the response off. */
  void reset() {
    try {
      stream
          .channel
          .eventLoop()
          .execute(
              () -> {
                finish(0);
                stream.reset();
              });
    } catch (RejectedExecutionException stopped) {
      finish(0); // the server has stopped, and with it the connection
    }
  }

  /** The handler failed. */
  void failed() {
    try {
      if (status < 0) {
        responseHeaders.clear();
        sendResponseHeaders(500, -1);
      } else if (!finished) {
        response.discard();
        reset();
      }
      request.close();
    } catch (IOException gone) {
      reset();
    }
  }

  @Override
  public void close() {
    if (status < 0) {
      response.discard();
      reset();
      return;
    }
    try {
      getRequestBody().close();
      getResponseBody().close();
    } catch (IOException gone) {
      response.discard();
    }
  }

  @Override
  public InetSocketAddress getRemoteAddress() {
    return (InetSocketAddress) stream.peer.address();
  }

  @Override
  public InetSocketAddress getLocalAddress() {
    return stream.localAddress();
  }

  @Override
  public int getResponseCode() {
    return status;
  }

  @Override
  public String getProtocol() {
    return stream.protocol();
  }

  @Override
  public @Nullable Object getAttribute(String name) {
    if (name.equals(MeshHttpServer.PEER)) {
      return stream.peer;
    }
    Object own = attributes == null ? null : attributes.get(name);
    return own == null ? context.getAttributes().get(name) : own;
  }

  @Override
  public void setAttribute(String name, Object value) {
    if (attributes == null) {
      attributes = new HashMap<>();
    }
    attributes.put(name, value);
  }

  @Override
  public void setStreams(@Nullable InputStream in, @Nullable OutputStream out) {
    if (in != null) {
      wrappedRequest = in;
    }
    if (out != null) {
      wrappedResponse = out;
    }
  }

  @Override
  public @Nullable HttpPrincipal getPrincipal() {
    return principal;
  }

  void principal(HttpPrincipal principal) {
    this.principal = principal;
  }
}
