package io.inmesh.http.netty;

import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception.StreamException;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** HTTP/2 on the wire (RFC 9113): set-up of Netty's connection, and heads to and from ours. */
public final class Http2Codec {
  private Http2Codec() {}

  /**
   * A connection whose window as a whole is refilled at once: a call that reads slowly holds up
   * itself, bounded by its own window, and nobody else.
   */
  public static Http2Connection connection(boolean server) {
    Http2Connection connection = new DefaultHttp2Connection(server);
    connection.local().flowController(new DefaultHttp2LocalFlowController(connection, 0.5f, true));
    // All streams are equal: priorities are deprecated (RFC 9113 section 5.3.2), and not free.
    connection
        .remote()
        .flowController(
            new DefaultHttp2RemoteFlowController(
                connection, new UniformStreamByteDistributor(connection)));
    return connection;
  }

  /** The settings of the client: no push. */
  static Http2Settings clientSettings(int window, int maxHeaderBytes) {
    return new Http2Settings()
        .pushEnabled(false)
        .initialWindowSize(window)
        .maxHeaderListSize(maxHeaderBytes);
  }

  /** Netty's handler for a connection. */
  static Http2ConnectionHandler handler(
      Http2Connection connection, Http2Settings settings, Http2FrameListener listener) {
    return handler(connection, settings, listener, error -> {});
  }

  /**
   * Netty's handler for a connection.
   *
   * @param errors hears what the peer did wrong on a stream, before that is answered
   */
  public static Http2ConnectionHandler handler(
      Http2Connection connection,
      Http2Settings settings,
      Http2FrameListener listener,
      Consumer<StreamException> errors) {
    return new Http2Handler.Builder(connection, settings, listener, errors).build();
  }

  /** Ours as Netty's request head. */
  static Http2Headers request(HttpHead head, long length, boolean body) {
    Fields fields = head.headers();
    Http2Headers headers = new DefaultHttp2Headers(false, fields.size() + 5);
    headers
        .method(head.method())
        .scheme(head.scheme())
        .authority(head.authority())
        .path(head.path());
    copy(fields, headers);
    if (body && length >= 0) {
      headers.add("content-length", Long.toString(length));
    }
    return headers;
  }

  /**
   * Ours as Netty's response head.
   *
   * @param length of the body; negative: none is announced
   */
  public static Http2Headers response(int status, Fields fields, long length) {
    Http2Headers headers = new DefaultHttp2Headers(false, fields.size() + 2);
    headers.status(io.netty.handler.codec.http.HttpResponseStatus.valueOf(status).codeAsText());
    copy(fields, headers);
    if (length >= 0) {
      headers.add("content-length", Long.toString(length));
    }
    return headers;
  }

  private static void copy(Fields fields, Http2Headers headers) {
    for (int i = 0; i < fields.size(); i++) {
      String name = fields.name(i);
      if (!connectionSpecific(name)) {
        headers.add(name, fields.value(i));
      }
    }
  }

  /** Fields that HTTP/2 forbids (RFC 9113 section 8.2.2). */
  static boolean connectionSpecific(String name) {
    return switch (name) {
      case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade" -> true;
      default -> false;
    };
  }

  /** Netty's as ours, without pseudo-headers; null if there are too many. */
  public static @Nullable Fields fields(Http2Headers decoded) {
    if (decoded.size() > Http1Codec.MAX_FIELDS + 5) {
      return null;
    }
    Fields fields = new Fields(decoded.size());
    String cookies = null;
    for (Map.Entry<CharSequence, CharSequence> field : decoded) {
      if (field.getKey().charAt(0) != ':') {
        String name = Http1Codec.lowerName(field.getKey());
        String value = field.getValue().toString();
        if (name.equals("cookie")) {
          // May be split for compression; applications expect one (RFC 9113 section 8.2.3).
          cookies = cookies == null ? value : cookies + "; " + value;
        } else {
          fields.append(name, value);
        }
      }
    }
    if (cookies != null) {
      fields.append("cookie", cookies);
    }
    return fields;
  }
}
