package io.inmesh.spring;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;
import reactor.netty.http.server.HttpServer;

/**
 * Refuses what Reactor Netty would make a guess at, and another reader another one (RFC 9112):
 * where the path begins, which host is meant, where a body ends. HTTP/1 only; confined to a
 * connection.
 */
@SuppressWarnings("FutureReturnValueIgnored") // failures arrive as events of the channel
final class StrictRequests extends ChannelDuplexHandler {
  /** Requests whose responses are not complete. */
  private int open;

  private boolean answering;
  private boolean refused;

  private StrictRequests() {}

  /** A server each of whose requests is looked at. */
  static HttpServer before(HttpServer server) {
    return server.doOnChannelInit(
        (observer, channel, address) -> {
          ChannelPipeline pipeline = channel.pipeline();
          if (pipeline.get(NettyPipeline.HttpTrafficHandler) != null) {
            pipeline.addBefore(NettyPipeline.HttpTrafficHandler, null, new StrictRequests());
          }
        });
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (refused) {
      ReferenceCountUtil.release(message);
      return;
    }
    HttpResponseStatus problem = null;
    int before = open;
    if (message instanceof HttpRequest request) {
      // What cannot be decoded is answered behind this, with the right status.
      problem = request.decoderResult().isFailure() ? null : problem(request);
      open++;
    } else if (message instanceof HttpObject part && part.decoderResult().isFailure()) {
      problem = HttpResponseStatus.BAD_REQUEST;
      before = open - 1; // it belongs to the newest request
    }
    if (problem == null) {
      context.fireChannelRead(message);
    } else {
      ReferenceCountUtil.release(message);
      refuse(context, problem, before == 0 && !answering);
    }
  }

  private static @Nullable HttpResponseStatus problem(HttpRequest request) {
    HttpVersion version = request.protocolVersion();
    boolean http11 = version.equals(HttpVersion.HTTP_1_1);
    if (!http11 && !version.equals(HttpVersion.HTTP_1_0)) {
      return HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED;
    }
    int hosts = request.headers().getAll(HttpHeaderNames.HOST).size();
    return hosts > 1 || (hosts == 0 && http11) || !isTarget(request)
        ? HttpResponseStatus.BAD_REQUEST
        : null;
  }

  private static boolean isTarget(HttpRequest request) {
    String target = request.uri();
    if (target.startsWith("/")) {
      return true;
    }
    String lower = target.toLowerCase(Locale.ROOT);
    return lower.startsWith("http://")
        || lower.startsWith("https://")
        || (target.equals("*") && request.method().equals(HttpMethod.OPTIONS));
  }

  /** Nothing that follows is taken for a request. */
  private void refuse(ChannelHandlerContext context, HttpResponseStatus status, boolean answer) {
    refused = true;
    if (!answer) {
      context.close(); // an answer now would be taken for another request's
      return;
    }
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    context.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (refused) {
      ReferenceCountUtil.release(message);
      promise.tryFailure(new IllegalStateException("the request was malformed"));
      return;
    }
    if (message instanceof HttpResponse head && head.status().code() >= 200) {
      answering = true;
    }
    if (message instanceof LastHttpContent && answering) {
      answering = false;
      open--;
    }
    context.write(message, promise);
  }
}
