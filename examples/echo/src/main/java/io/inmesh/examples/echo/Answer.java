package io.inmesh.examples.echo;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What came back of one call.
 *
 * @param status HTTP status, or gRPC status code; -1: none
 * @param ok whether it is what was asked for: HTTP below 400, gRPC OK
 * @param version of the instance that answered; empty: unknown
 * @param host the instance that answered; empty: unknown
 * @param attempts tries it took; 0: unknown
 * @param micros from start to end
 * @param headers of the response
 * @param error why there is no answer; null: there is one
 * @param body of the response
 */
record Answer(
    int status,
    boolean ok,
    String version,
    String host,
    int attempts,
    long micros,
    Map<String, String> headers,
    @Nullable String error,
    String body) {
  Answer {
    headers = new TreeMap<>(headers);
  }

  ObjectNode json() {
    ObjectNode json = Reply.JSON.createObjectNode();
    json.put("status", status);
    json.put("version", version);
    json.put("host", host);
    json.put("attempts", attempts);
    json.put("micros", micros);
    ObjectNode fields = json.putObject("headers");
    headers.forEach(fields::put);
    json.put("error", error);
    return json;
  }
}
