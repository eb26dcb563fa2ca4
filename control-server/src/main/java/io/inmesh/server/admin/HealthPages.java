package io.inmesh.server.admin;

import java.nio.charset.StandardCharsets;

/** Probes and metrics. */
final class HealthPages {
  private HealthPages() {}

  static void add(AdminServer server, AdminSource source) {
    server.route("GET", "/", request -> AdminReply.text(200, index(server)));
    server.route("GET", "/healthz", request -> AdminReply.text(200, "ok\n"));
    server.route("GET", "/readyz", request -> ready(source.notReadyBecause()));
    server.route(
        "GET",
        "/metrics",
        request ->
            new AdminReply(
                200,
                "text/plain; version=0.0.4; charset=utf-8",
                source.metrics().getBytes(StandardCharsets.UTF_8)));
  }

  private static String index(AdminServer server) {
    return "inmesh control server\n\n" + String.join("\n", server.pages()) + "\n";
  }

  private static AdminReply ready(String because) {
    return because.isEmpty()
        ? AdminReply.text(200, "ready\n")
        : AdminReply.text(503, "not ready: " + because + "\n");
  }
}
