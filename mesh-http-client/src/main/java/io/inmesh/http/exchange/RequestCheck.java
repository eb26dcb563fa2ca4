package io.inmesh.http.exchange;

import io.inmesh.http.netty.FieldSyntax;
import io.inmesh.http.netty.Fields;
import io.inmesh.http.netty.HttpHead;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Turns a request into a head. Any subclass of {@link HttpRequest} may come along, so nothing that
 * the JDK's builder would have refused is taken on trust.
 */
final class RequestCheck {
  private RequestCheck() {}

  static HttpHead head(HttpRequest request) {
    URI uri = request.uri();
    String scheme = uri.getScheme();
    String host = uri.getHost();
    if (scheme == null || host == null) {
      throw new IllegalArgumentException("the request's URI needs a scheme and a host");
    }
    scheme = scheme.toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new IllegalArgumentException("unsupported URI scheme: " + scheme);
    }
    String method = request.method();
    if (!FieldSyntax.isToken(method) || method.equals("CONNECT")) {
      throw new IllegalArgumentException("unsupported method");
    }
    return new HttpHead(
        method,
        scheme,
        FieldSyntax.checkTarget(uri.getPort() < 0 ? host : host + ":" + uri.getPort()),
        FieldSyntax.checkTarget(path(uri)),
        fields(request));
  }

  private static String path(URI uri) {
    String path = uri.getRawPath();
    if (path == null || path.isEmpty()) {
      path = "/";
    }
    String query = uri.getRawQuery();
    // Characters above ASCII are allowed in a java.net.URI, but not on the wire.
    String target = query == null ? path : path + "?" + query;
    for (int i = 0; i < target.length(); i++) {
      if (target.charAt(i) >= 127) {
        return URI.create(target).toASCIIString();
      }
    }
    return target;
  }

  private static Fields fields(HttpRequest request) {
    Map<String, List<String>> headers = request.headers().map();
    Fields fields = new Fields(headers.size() + 4);
    for (Map.Entry<String, List<String>> header : headers.entrySet()) {
      String name = FieldSyntax.checkName(header.getKey());
      switch (name) {
        case "connection",
            "content-length",
            "expect",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-connection",
            "transfer-encoding",
            "upgrade" ->
            throw new IllegalArgumentException("restricted header name: \"" + name + "\"");
        default -> {
          for (String value : header.getValue()) {
            fields.append(name, FieldSyntax.checkValue(name, value));
          }
        }
      }
    }
    if (request.expectContinue() && request.bodyPublisher().isPresent()) {
      fields.append("expect", "100-continue");
    }
    return fields;
  }
}
