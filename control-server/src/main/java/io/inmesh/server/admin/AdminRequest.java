package io.inmesh.server.admin;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A request, read as a whole. Immutable. */
final class AdminRequest {
  /** The largest body that is read. */
  static final int MAX_BODY = 1 << 20;

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final String method;
  private final URI uri;
  private final HttpHeaders headers;
  private final byte[] body;
  private final InetSocketAddress from;
  private final Map<String, String> path;

  private AdminRequest(
      String method,
      URI uri,
      HttpHeaders headers,
      byte[] body,
      InetSocketAddress from,
      Map<String, String> path) {
    this.method = method;
    this.uri = uri;
    this.headers = headers;
    this.body = body;
    this.from = from;
    this.path = path;
  }

  /** Takes what is needed out of a request whose target is a URI. */
  static AdminRequest of(FullHttpRequest http, InetSocketAddress from) {
    return new AdminRequest(
        http.method().name(),
        URI.create(http.uri()),
        http.headers().copy(),
        ByteBufUtil.getBytes(http.content()),
        from,
        Map.of());
  }

  /** The same once its path has matched a route. */
  AdminRequest with(Map<String, String> variables) {
    return new AdminRequest(method, uri, headers, body, from, variables);
  }

  String method() {
    return method;
  }

  URI uri() {
    return uri;
  }

  /** The first header of a name; null: there is none. */
  @Nullable String header(String name) {
    return headers.get(name);
  }

  /** A variable of the route's pattern. */
  String path(String name) {
    return path.getOrDefault(name, "");
  }

  /** A query parameter; empty if absent. */
  String query(String name) {
    return queries().getOrDefault(name, "");
  }

  private Map<String, String> queries() {
    Map<String, String> queries = new LinkedHashMap<>();
    String raw = uri.getRawQuery();
    if (raw != null) {
      for (String pair : raw.split("&", 64)) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        queries.put(decode(name), equals < 0 ? "" : decode(pair.substring(equals + 1)));
      }
    }
    return queries;
  }

  static String decode(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  InetAddress remote() {
    return from.getAddress();
  }

  /** The caller's IP address as text, without a scope. */
  String remoteAddress() {
    String text = remote().getHostAddress();
    int scope = text.indexOf('%');
    return scope < 0 ? text : text.substring(0, scope);
  }

  /**
   * The body as a JSON object.
   *
   * @param optional whether no body at all counts as an empty object
   */
  JsonNode jsonObject(boolean optional) throws AdminException {
    if (body.length == 0 && optional) {
      return MAPPER.createObjectNode();
    }
    String type = header("Content-Type");
    // Browsers cannot send this type across origins without asking first.
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw new AdminException(
          415, "unsupported_type", "", "send a body with Content-Type: application/json");
    }
    try {
      JsonNode node = MAPPER.readTree(body);
      if (!node.isObject()) {
        throw AdminException.badRequest("", "the body must be a JSON object");
      }
      return node;
    } catch (JacksonException e) {
      throw AdminException.badRequest(
          "",
          "the body is not JSON: line "
              + e.getLocation().getLineNr()
              + " column "
              + e.getLocation().getColumnNr()
              + ": "
              + withoutSource(e.getOriginalMessage()));
    }
  }

  /** The parser's message without its own description of where the text came from. */
  private static String withoutSource(String message) {
    int at = message.indexOf(" (start marker");
    return at < 0 ? message : message.substring(0, at);
  }
}
