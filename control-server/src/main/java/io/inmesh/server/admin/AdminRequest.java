package io.inmesh.server.admin;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A request whose path has matched a route. */
final class AdminRequest {
  /** The largest body that is read. */
  static final int MAX_BODY = 1 << 20;

  private static final int DRAINED = 8 << 20;

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private final HttpExchange exchange;
  private final Map<String, String> path;

  AdminRequest(HttpExchange exchange, Map<String, String> path) {
    this.exchange = exchange;
    this.path = path;
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
    String raw = exchange.getRequestURI().getRawQuery();
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
    return exchange.getRemoteAddress().getAddress();
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
  JsonNode jsonObject(boolean optional) throws AdminException, IOException {
    byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
    if (body.length > MAX_BODY) {
      // Read on a little: a client that is still sending would not see the answer otherwise.
      drain(exchange.getRequestBody());
      throw new AdminException(
          413, "too_large", "", "the body is larger than " + MAX_BODY + " bytes");
    }
    if (body.length == 0 && optional) {
      return MAPPER.createObjectNode();
    }
    String type = exchange.getRequestHeaders().getFirst("Content-Type");
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

  private static void drain(InputStream body) throws IOException {
    byte[] chunk = new byte[8 << 10];
    int drained = 0;
    int read;
    while (drained < DRAINED && (read = body.read(chunk)) >= 0) {
      drained += read;
    }
  }

  /** The parser's message without its own description of where the text came from. */
  private static String withoutSource(String message) {
    int at = message.indexOf(" (start marker");
    return at < 0 ? message : message.substring(0, at);
  }
}
