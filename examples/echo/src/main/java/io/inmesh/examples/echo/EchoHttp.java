package io.inmesh.examples.echo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers every HTTP request with what it saw. */
final class EchoHttp implements HttpHandler {
  private static final int LARGEST_FORWARDED = 1 << 20;

  private final ServerIdentity self;
  private final Behaviour behaviour;
  private final Forwarding forwarding;

  EchoHttp(ServerIdentity self, Behaviour behaviour, Forwarding forwarding) {
    this.self = self;
    this.behaviour = behaviour;
    this.forwarding = forwarding;
  }

  @Override
  public void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      @Nullable String hops = exchange.getRequestHeaders().getFirst(Forwarding.HEADER);
      byte[] body = new byte[0];
      long size = 0;
      try (InputStream in = exchange.getRequestBody()) {
        if (hops != null) {
          body = in.readNBytes(LARGEST_FORWARDED);
          size = body.length;
        }
        size += in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      Map<String, String> headers = new LinkedHashMap<>();
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) ->
                  headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
      int status;
      Reply reply;
      try {
        status = behaviour.next();
        reply =
            new Reply(
                self.service(),
                self.version(),
                self.host(),
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                headers,
                size,
                self.peer(),
                forwarding.forward(hops, exchange.getRequestMethod(), body));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
      byte[] answer = reply.json().toString().getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", "application/json");
      boolean head = exchange.getRequestMethod().equals("HEAD");
      boolean bodiless = head || status == 204 || status == 304;
      exchange.sendResponseHeaders(status, bodiless ? -1 : answer.length);
      if (!bodiless) {
        exchange.getResponseBody().write(answer);
      }
    }
  }
}
