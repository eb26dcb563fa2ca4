package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.regex.Pattern;

/** OB-09, OB-10: what MeshDefaults has processes write of calls, the same over every transport. */
class AccessLogTest {
  private static final String DEFAULTS =
      """
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: mesh}
      spec:
        accessLog:
          format: >-
            [%START_TIME%] "%REQ(:METHOD)% %PATH(NQ)%" %RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION%
            id=%REQ(X-REQUEST-ID)% to=%UPSTREAM_CLUSTER%,%UPSTREAM_HOST%
            from=%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%
      """;

  /** Callers write the path that the application asked for, servers that which arrived. */
  private static final String ARCHIVED =
      route(
          "orders",
          """
          - matches: [{path: {value: /shop.Orders}}]
            filters:
            - type: URLRewrite
              urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /shop.Archive}}
            backendRefs: [{name: orders, port: 80}]
          """);

  private static final Pattern SENT =
      Pattern.compile(line("Orders", 200, "-", "outbound\\S+,127\\S+", "-"));
  private static final Pattern SERVED =
      Pattern.compile(line("Archive", 200, "-", "-,-", "127\\S+"));
  private static final Pattern FAILED =
      Pattern.compile(line("Orders", 503, "UH", "outbound\\S+,-", "-"));

  private static String line(String service, int status, String flags, String to, String from) {
    return "\\[\\S+Z] \"(GET|POST) /shop."
        + service
        + "/Get\" "
        + status
        + " "
        + flags
        + " \\d+ id=42 to="
        + to
        + " from="
        + from
        + " .*";
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void callsThatEnd_areWrittenByBothSides(World world) throws Exception {
    world.config(versions("orders"), DEFAULTS, ARCHIVED);
    world.serve("orders", ok());
    Caller web = world.client("web");
    String query = world.transport().grpc() ? "" : "?token=s3cret";
    Request request = Request.get("orders/shop.Orders/Get" + query).header("x-request-id", "42");
    try (Logs logs = new Logs()) {
      // A server may answer before it has heard what it is to write.
      world.until(
          "both have written",
          () -> {
            web.call(request);
            return has(logs, SERVED) && has(logs, SENT);
          });
    }
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  void callThatLeadsNowhere_isWritten_withItsFlag(World world) throws Exception {
    world.config(versions("orders"), DEFAULTS);
    Caller web = world.client("web");
    try (Logs logs = new Logs()) {
      web.call(Request.get("orders/shop.Orders/Get").header("x-request-id", "42"));
      world.until("it is written", () -> has(logs, FAILED));
    }
  }

  private static boolean has(Logs logs, Pattern line) {
    return logs.lines().stream().anyMatch(line.asMatchPredicate());
  }
}
