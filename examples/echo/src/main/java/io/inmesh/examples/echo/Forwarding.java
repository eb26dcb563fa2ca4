package io.inmesh.examples.echo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code X-Echo-Call: URL[,URL...]}: the server calls the first URL and hands it the rest, so that
 * the list is a chain of hops. The calls inherit deadline and trace of the request.
 */
final class Forwarding {
  static final String HEADER = "x-echo-call";

  private final Caller caller;

  Forwarding(Caller caller) {
    this.caller = caller;
  }

  /** The next hop's answer; null if none was asked for. */
  @Nullable JsonNode forward(@Nullable String hops, String method, byte[] body)
      throws InterruptedException {
    if (hops == null || hops.isBlank()) {
      return null;
    }
    int comma = hops.indexOf(',');
    String first = (comma < 0 ? hops : hops.substring(0, comma)).strip();
    List<Map.Entry<String, String>> headers = new ArrayList<>();
    if (comma >= 0) {
      headers.add(Map.entry(HEADER, hops.substring(comma + 1).strip()));
    }
    Answer answer;
    try {
      answer = caller.call(Target.of(first), new Caller.Request(method, headers, body, null));
    } catch (IllegalArgumentException e) {
      ObjectNode wrong = Reply.JSON.createObjectNode();
      wrong.put("error", e.getMessage());
      return wrong;
    }
    ObjectNode json = answer.json();
    if (!answer.body().isEmpty()) {
      try {
        json.set("body", Reply.JSON.readTree(answer.body()));
      } catch (JacksonException e) {
        json.put("body", answer.body());
      }
    }
    return json;
  }
}
