package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.server.config.Finding;
import io.inmesh.testing.TestAuthority;
import io.inmesh.testing.TestIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;

/** AZ-10: key sets that are too large are not taken, and the keys before stay in use. */
class HugeKeySetTest {
  private static final TestIssuer ISSUER = TestIssuer.ec("key", 256);
  private static final TestIssuer FORGER = TestIssuer.ec("key", 256);
  private static final String KEYS = TestIssuer.jwks(ISSUER);

  private record Huge(String keys, String why) {}

  private static final List<Huge> HUGE =
      List.of(
          new Huge(KEYS.replace("]", ",{}".repeat(100) + "]"), "more than 100 keys"),
          new Huge(
              KEYS.replace(
                  "]", ",{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"" + "w".repeat(2731) + "\"}]"),
              "a key of more than 8192 bits"),
          new Huge(
              KEYS.replace("]", ",{\"pad\":\"" + "x".repeat(300_000) + "\"}]"),
              "larger than 262144"));

  private static String authentication(String... rules) {
    return """
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: tokens}
    spec: {jwtRules: [%s]}
    """
        .formatted(String.join(", ", rules));
  }

  private static Request with(TestIssuer issuer, String service, String iss) {
    long expires = System.currentTimeMillis() / 1000 + 600;
    String claims = "{\"iss\":\"" + iss + "\",\"sub\":\"ann\",\"exp\":" + expires + "}";
    return post(service + "/shop.Orders/Get")
        .header("authorization", "Bearer " + issuer.sign("ES256", claims));
  }

  private static void keysAreInUse(Caller web, String service, String iss) throws Exception {
    assertThat(web.call(with(ISSUER, service, iss))).as(iss).isOk();
    assertThat(web.call(with(FORGER, service, iss))).as(iss).isLocal(401);
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC},
      styles = Style.BLOCKING)
  void configured_isOneFinding_andTheObjectStaysAsItWas(World world) throws Exception {
    world.expectWarning("IM1");
    world.config(versions("orders"), inline(KEYS));
    world.serve("orders", ok());
    Caller web = world.client("web");
    keysAreInUse(web, "orders", "i");
    for (Huge huge : HUGE) {
      List<Finding> findings = world.tryConfig(versions("orders"), inline(huge.keys()));
      assertThat(findings.stream().filter(Finding::isError))
          .singleElement()
          .satisfies(
              finding -> {
                assertThat(finding.toString()).contains("spec.jwtRules[0].jwks");
                assertThat(finding.toString().length()).isLessThan(500);
              });
      keysAreInUse(web, "orders", "i");
    }
  }

  private static String inline(String keys) {
    return authentication("{issuer: i, jwks: '" + keys + "'}");
  }

  /**
   * Keys are fetched again after ten seconds at the earliest, so that one world has it all: two
   * processes, by HTTP and HTTPS.
   */
  @OverEveryTransport(only = Transport.HTTP1, styles = Style.BLOCKING)
  void fetched_isOneWarning_andTheKeysBeforeStayInUse(World world) throws Exception {
    SSLContext before = SSLContext.getDefault();
    SSLContext tls = Anybody.with(ofThisMachine());
    SSLContext.setDefault(tls);
    try (Logs logs = new Logs();
        Issuers plain = new Issuers(null);
        Issuers secured = new Issuers(tls)) {
      world.expectWarning("IM1321"); // keys in plaintext
      world.expectWarning("those known stay in use");
      world.config(
          versions("orders"), versions("stock"), authentication(plain.rules(), secured.rules()));
      Instance orders = world.serve("orders", ok());
      Instance unused = world.serve(Transport.GRPC, "stock", ok());
      Caller overHttp = world.client("web");
      Caller overGrpc = world.caller(orders, Transport.GRPC);
      for (Issuers issuers : List.of(plain, secured)) {
        for (String iss : issuers.names()) {
          keysAreInUse(overHttp, "orders", iss);
          keysAreInUse(overGrpc, "stock", iss);
        }
        issuers.huge = true;
      }
      for (Huge huge : HUGE) {
        world.until(
            "both processes find " + huge.why() + " at both issuers",
            () -> logs.lines().stream().filter(line -> line.contains(huge.why())).count() == 4);
      }
      for (Issuers issuers : List.of(plain, secured)) {
        for (String iss : issuers.names()) {
          keysAreInUse(overHttp, "orders", iss);
          keysAreInUse(overGrpc, "stock", iss);
        }
      }
    } finally {
      SSLContext.setDefault(before);
    }
  }

  private static Svid ofThisMachine() {
    return new TestAuthority("issuer.example")
        .forged(
            SpiffeId.of("issuer.example", "a", "b"),
            new GeneralName(GeneralName.iPAddress, "127.0.0.1"));
  }

  /** Issuers on one server, one for each way to be too large. Thread-safe. */
  private static final class Issuers implements AutoCloseable {
    private final HttpServer server;
    private final String address;
    volatile boolean huge;

    Issuers(@Nullable SSLContext tls) throws IOException {
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      if (tls == null) {
        server = HttpServer.create(any, 0);
      } else {
        HttpsServer https = HttpsServer.create(any, 0);
        https.setHttpsConfigurator(new HttpsConfigurator(tls));
        server = https;
      }
      address =
          (tls == null ? "http" : "https") + "://127.0.0.1:" + server.getAddress().getPort() + "/";
      for (int i = 0; i < HUGE.size(); i++) {
        String keys = HUGE.get(i).keys();
        server.createContext("/" + i, exchange -> answer(exchange, huge ? keys : KEYS));
      }
      server.start();
    }

    private static void answer(HttpExchange exchange, String keys) throws IOException {
      try (exchange) {
        byte[] bytes = keys.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("cache-control", "max-age=1"); // ten seconds, that is
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
      }
    }

    List<String> names() {
      return IntStream.range(0, HUGE.size()).mapToObj(i -> address + i).toList();
    }

    String rules() {
      return names().stream()
          .map(name -> "{issuer: '" + name + "', jwksUri: '" + name + "'}")
          .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }
}
