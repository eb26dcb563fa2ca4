package io.inmesh.http.server;

import io.inmesh.http.netty.FieldSyntax;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.Http1Codec;
import io.inmesh.http.netty.HttpHead;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a decoded HTTP/1.1 request turns out to be: a head, or an error status (RFC 9112). Framing
 * that two servers could understand differently is never accepted.
 *
 * @param head null: the request is answered with {@code error} and the connection closed
 * @param error 0: none
 * @param expectsContinue whether the peer waits to be asked for the body
 */
record Http1RequestHead(@Nullable HttpHead head, int error, boolean expectsContinue) {
  private static Http1RequestHead error(int status) {
    return new Http1RequestHead(null, status, false);
  }

  static Http1RequestHead of(HttpRequest request, String scheme, long maxBodyBytes) {
    if (request.decoderResult().isFailure()) {
      return error(status(request.decoderResult().cause()));
    }
    if (request.protocolVersion().majorVersion() != 1) {
      return error(505);
    }
    if (request.headers().size() > Http1Codec.MAX_FIELDS) {
      return error(431);
    }
    boolean http11 = !request.protocolVersion().equals(HttpVersion.HTTP_1_0);
    String coding = request.headers().get(HttpHeaderNames.TRANSFER_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase("chunked")) {
      return error(501); // the decoder has seen to it that the last one is "chunked"
    }
    Fields fields = Http1Codec.fields(request.headers());
    List<String> hosts = fields.all("host");
    if (hosts.size() > 1 || (hosts.isEmpty() && http11)) {
      return error(400);
    }
    if (HttpUtil.getContentLength(request, 0L) > maxBodyBytes) {
      return error(413);
    }
    String expectation = fields.get("expect");
    if (expectation != null && !expectation.toLowerCase(Locale.ROOT).equals("100-continue")) {
      return error(417);
    }
    fields.remove("host");
    fields.remove("expect");
    fields.remove("connection");
    fields.remove("keep-alive");
    fields.remove("upgrade");
    fields.remove("transfer-encoding");
    HttpHead head = head(request, scheme, fields, hosts.isEmpty() ? "" : hosts.get(0));
    return head == null ? error(400) : new Http1RequestHead(head, 0, expectation != null && http11);
  }

  private static @Nullable HttpHead head(
      HttpRequest request, String scheme, Fields fields, String host) {
    String target = request.uri();
    try {
      int absolute = absolute(target);
      if (absolute > 0) {
        // The absolute form: its authority outranks the Host field (RFC 9112 section 3.2.2).
        int slash = target.indexOf('/', absolute);
        host = target.substring(absolute, slash < 0 ? target.length() : slash);
        target = slash < 0 ? "/" : target.substring(slash);
      }
      boolean asterisk = target.equals("*") && request.method().name().equals("OPTIONS");
      if (!target.startsWith("/") && !asterisk) {
        return null;
      }
      return new HttpHead(
          request.method().name(),
          scheme,
          FieldSyntax.checkAuthority(host),
          FieldSyntax.checkTarget(target),
          fields);
    } catch (IllegalArgumentException invalid) {
      return null;
    }
  }

  /** Where the authority begins; 0: the target is not in absolute form. */
  private static int absolute(String target) {
    if (target.regionMatches(true, 0, "http://", 0, 7)) {
      return 7;
    }
    return target.regionMatches(true, 0, "https://", 0, 8) ? 8 : 0;
  }

  private static int status(Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return 414;
    }
    return cause instanceof TooLongFrameException ? 431 : 400;
  }
}
