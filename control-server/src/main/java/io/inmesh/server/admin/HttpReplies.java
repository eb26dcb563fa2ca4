package io.inmesh.server.admin;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/** Between our answers and HTTP's. */
final class HttpReplies {
  private HttpReplies() {}

  /** Why a request cannot be understood, or could be in two ways; null: it can. */
  static @Nullable AdminReply refusal(FullHttpRequest http) {
    Throwable failure = http.decoderResult().cause();
    if (failure instanceof TooLongHttpLineException) {
      return new AdminException(414, "too_long", "", "the request line is too long").reply();
    }
    if (failure instanceof TooLongHttpHeaderException) {
      return new AdminException(431, "too_large", "", "the headers are too large").reply();
    }
    if (failure != null || http.headers().getAll(HttpHeaderNames.HOST).size() > 1) {
      return AdminException.badRequest("", "the request is not HTTP/1.1").reply();
    }
    try {
      URI unused = new URI(http.uri());
      return null;
    } catch (URISyntaxException e) {
      return AdminException.badRequest("", "the request's target is no URI").reply();
    }
  }

  /** An answer as it is sent. */
  static FullHttpResponse response(AdminReply reply, boolean head, boolean keepAlive) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(reply.status()),
            head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(reply.body()));
    response.headers().set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    response.headers().set("x-content-type-options", "nosniff");
    reply.headers().forEach(response.headers()::set);
    if (!reply.contentType().isEmpty()) {
      response.headers().set(HttpHeaderNames.CONTENT_TYPE, reply.contentType());
    }
    if (reply.status() != HttpResponseStatus.NO_CONTENT.code()) {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, reply.body().length);
    }
    HttpUtil.setKeepAlive(response, keepAlive);
    return response;
  }
}
