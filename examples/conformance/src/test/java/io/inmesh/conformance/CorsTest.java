package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static io.inmesh.conformance.world.Yaml.virtualService;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.Map;

/** RT-17. Browsers do not speak gRPC. */
class CorsTest {
  private static final String PAGE = "https://www.example.com";
  private static final String ALLOW_ORIGIN = "access-control-allow-origin";

  private static Request preflight(String path, String origin) {
    return preflight("orders", path, origin);
  }

  private static Request preflight(String service, String path, String origin) {
    return new Request(
        service,
        path,
        "OPTIONS",
        Map.of("origin", origin, "access-control-request-method", "PUT"),
        null);
  }

  /** Servers answer before they ask who it is, for the routes that say so. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.HTTP1_MTLS, Transport.H2_MTLS},
      also = Transport.SPRING)
  void preflight_isAnsweredByTheServer_beforeAuthorization(World world) throws Exception {
    world.config(
        versions("orders"),
        route(
            "orders",
            """
            - matches: [{path: {value: /cart}}]
              filters:
              - type: CORS
                cors:
                  allowOrigins: ['https://*.example.com']
                  allowMethods: [GET, PUT]
                  allowHeaders: [x-token]
                  exposeHeaders: [x-host]
                  allowCredentials: true
                  maxAge: 60
              backendRefs: [{name: orders, port: 80}]
            - backendRefs: [{name: orders, port: 80}]
            """),
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: no-options}
        spec:
          action: DENY
          rules: [{to: [{operation: {methods: [OPTIONS, PUT]}}]}]
        """);
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");

    Answer answer = web.call(preflight("/cart/1", PAGE));
    assertThat(answer)
        .isOk()
        .hasHeader(ALLOW_ORIGIN, PAGE)
        .hasHeader("access-control-allow-methods", "GET,PUT")
        .hasHeader("access-control-allow-headers", "x-token")
        .hasHeader("access-control-allow-credentials", "true")
        .hasHeader("access-control-max-age", "60");
    assertThat(orders.requests()).as("the application is not asked").isEmpty();

    assertThat(web.call(preflight("/cart/1", "https://evil.com"))).isOk().lacksHeader(ALLOW_ORIGIN);
    assertThat(web.call(preflight("/other", PAGE))).hasStatus(403).lacksHeader(ALLOW_ORIGIN);

    assertThat(web.call(Request.get("orders/cart/1").header("origin", PAGE)))
        .isOk()
        .hasHeader(ALLOW_ORIGIN, PAGE)
        .hasHeader("access-control-expose-headers", "x-host");
    assertThat(web.call(Request.get("orders/cart/1"))).isOk().lacksHeader(ALLOW_ORIGIN);
    Request put = new Request("orders", "/cart/1", "PUT", Map.of("origin", PAGE), null);
    assertThat(web.call(put)).hasStatus(403).hasHeader(ALLOW_ORIGIN, PAGE);
  }

  /** A process that answers for several services says of each what its own routes say. */
  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C},
      styles = Style.BLOCKING)
  void ofSeveralServices_theOneThatIsNamedSaysIt(World world) throws Exception {
    world.config(versions("orders"));
    Instance process = world.serve("orders", ok());
    assertThat(process.openPort()).isNotEqualTo(process.port());
    world.config(
        versions("orders"),
        service("twin", 80),
        service("reports", 81),
        route(
            "twin",
            """
            - filters: [{type: CORS, cors: {allowOrigins: ['https://*.example.com']}}]
              backendRefs: [{name: twin, port: 80}]
            """));
    Caller web = world.client("web");
    assertThat(web.call(preflight("twin", "/a", PAGE))).isOk().hasHeader(ALLOW_ORIGIN, PAGE);
    assertThat(process.requests()).isEmpty();
    assertThat(web.call(preflight("orders", "/a", PAGE))).isOk().lacksHeader(ALLOW_ORIGIN);
    assertThat(web.call(preflight("reports:81", "/a", PAGE))).isOk().lacksHeader(ALLOW_ORIGIN);
    assertThat(process.requests()).as("the application answers for them").hasSize(2);
  }

  private static String service(String name, int port) {
    return """
    apiVersion: v1
    kind: Service
    metadata: {name: %s}
    spec: {selector: {app: orders}, ports: [{port: %d}]}
    """
        .formatted(name, port);
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C},
      also = Transport.SPRING)
  void virtualService_saysItToo(World world) throws Exception {
    world.config(
        versions("orders"),
        virtualService(
            "orders",
            """
            - route: [{destination: {host: orders}}]
              corsPolicy:
                allowOrigins: [{prefix: 'https://www.'}, {regex: 'https://[a-z]+\\.test'}]
                allowMethods: [PUT]
                maxAge: 24h
            """));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.call(preflight("/a", "https://shop.test")))
        .isOk()
        .hasHeader(ALLOW_ORIGIN, "https://shop.test")
        .hasHeader("access-control-max-age", "86400");
    assertThat(orders.requests()).isEmpty();
    assertThat(web.call(preflight("/a", "http://shop.test"))).isOk().lacksHeader(ALLOW_ORIGIN);
    assertThat(orders.requests()).as("of other origins the application decides").hasSize(1);
  }
}
