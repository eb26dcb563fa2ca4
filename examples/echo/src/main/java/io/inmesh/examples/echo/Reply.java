package io.inmesh.examples.echo;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an echo server says of a request.
 *
 * @param service its own
 * @param version its own
 * @param host its instance
 * @param headers several values of a name joined with a comma
 * @param peer SPIFFE ID of the caller; null: none
 * @param forwarded the next hop's answer; null: none was asked for
 */
record Reply(
    String service,
    String version,
    String host,
    String method,
    String path,
    Map<String, String> headers,
    long bodySize,
    @Nullable String peer,
    @Nullable JsonNode forwarded) {
  static final JsonMapper JSON = JsonMapper.builder().build();

  Reply {
    headers = new TreeMap<>(headers);
  }

  ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    json.put("service", service);
    json.put("version", version);
    json.put("host", host);
    json.put("method", method);
    json.put("path", path);
    ObjectNode fields = json.putObject("headers");
    headers.forEach(fields::put);
    json.put("bodySize", bodySize);
    if (peer != null) {
      json.put("peer", peer);
    }
    if (forwarded != null) {
      json.set("forwarded", forwarded);
    }
    return json;
  }
}
