package io.inmesh.server.admin;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * An answer.
 *
 * @param status of HTTP
 * @param contentType empty if there is no body
 * @param body the bytes, not to be changed
 * @param headers further ones
 */
@SuppressWarnings("ArrayRecordComponent") // written once, to one socket
record AdminReply(int status, String contentType, byte[] body, Map<String, String> headers) {
  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  AdminReply(int status, String contentType, byte[] body) {
    this(status, contentType, body, Map.of());
  }

  /** The same with a header. */
  AdminReply with(String name, String value) {
    return new AdminReply(status, contentType, body, Map.of(name, value));
  }

  /** Any composition of maps, lists, strings, numbers and booleans as JSON. */
  static AdminReply json(int status, Object value) {
    byte[] json = MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(value);
    byte[] line = java.util.Arrays.copyOf(json, json.length + 1);
    line[json.length] = '\n';
    return new AdminReply(status, "application/json", line);
  }

  static AdminReply json(Object value) {
    return json(200, value);
  }

  static AdminReply text(int status, String text) {
    return new AdminReply(
        status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  static AdminReply empty(int status) {
    return new AdminReply(status, "", new byte[0]);
  }
}
