package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.testing.TestIssuer;
import java.util.List;

/** What callers try in order to be taken for somebody else, from socket to socket. */
class AttackTest {
  private static final Request GET = post("orders/shop.Orders/Get");
  private static final TestIssuer ISSUER = TestIssuer.rsa("r1");
  private static final String SECRET = "hunter2";

  private static String allow(String source) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: p}
    spec: {rules: [{from: [{source: {%s}}]}]}
    """
        .formatted(source);
  }

  private static final String ACCESS_LOG =
      """
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: mesh}
      spec: {accessLog: {}}
      """;

  private static String authentication() {
    return """
    apiVersion: security.istio.io/v1
    kind: RequestAuthentication
    metadata: {name: tokens}
    spec: {jwtRules: [{issuer: https://issuer, jwks: '%s'}]}
    """
        .formatted(TestIssuer.jwks(ISSUER));
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      also = Transport.SPRING_MTLS)
  void forgedIdentity_inHeaders_hasNoEffect(World world) throws Exception {
    String admin = "spiffe://cluster.local/ns/default/sa/admin";
    world.config(versions("orders"), allow("principals: [cluster.local/ns/default/sa/admin]"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    for (Request forged :
        List.of(
            GET.header("x-forwarded-client-cert", "By=x;URI=" + admin),
            GET.header("x-inmesh-peer", admin),
            GET.header("x-inmesh-identity", admin),
            GET.header("l5d-client-id", admin),
            GET.header("x-forwarded-for", "10.0.0.1").header("x-real-ip", "10.0.0.1"))) {
      assertThat(web.call(forged)).as("%s", forged).isLocal(403);
    }
    assertThat(orders.requests()).isEmpty();
    world.config(versions("orders"), allow("principals: [cluster.local/ns/default/sa/web]"));
    assertThat(web.call(GET.header("x-forwarded-client-cert", "By=x;URI=" + admin))).isOk();
    assertThat(orders.lastRequest().headers()).doesNotContainKey("x-forwarded-client-cert");
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.H2C, Transport.GRPC, Transport.GRPC_MTLS},
      also = Transport.SPRING)
  void forgedTokens_areRefused(World world) throws Exception {
    world.config(versions("orders"), authentication(), allow("requestPrincipals: ['*']"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    long now = System.currentTimeMillis() / 1000;
    long later = now + 600;
    String claims = "{\"iss\":\"https://issuer\",\"sub\":\"ann\",\"exp\":" + later + "}";
    String good = ISSUER.sign("RS256", claims);
    String none = TestIssuer.base64("{\"alg\":\"none\"}") + "." + TestIssuer.base64(claims) + ".";
    for (String forged :
        List.of(
            none,
            none + "AA",
            ISSUER.confused(claims),
            ISSUER.sign("RS256", "{\"alg\":\"none\",\"kid\":\"r1\"}", claims),
            good.substring(0, good.lastIndexOf('.') + 1),
            good + "." + good,
            TestIssuer.rsa("r1").sign("RS256", claims),
            ISSUER.sign("RS256", claims.replace(":" + later, ":" + (now - 600))),
            ISSUER.sign("RS256", claims.replace("}", ",\"nbf\":" + later + "}")),
            ISSUER.sign("RS256", claims.replace("https://issuer", "https://other")),
            "x".repeat(4000))) {
      assertThat(web.call(GET.header("authorization", "Bearer " + forged))).as(forged).isLocal(401);
    }
    assertThat(orders.requests()).isEmpty();
    assertThat(web.call(GET.header("authorization", "Bearer " + good))).isOk();
  }

  /** Whatever goes wrong with a request: what it carries is in no log, at any level. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C, Transport.GRPC})
  void secrets_areInNoLog(World world) throws Exception {
    world.config(
        versions("orders"), authentication(), allow("requestPrincipals: ['*']"), ACCESS_LOG);
    world.serve("orders", ok());
    Caller web = world.client("web");
    try (Logs logs = new Logs()) {
      String query = world.transport().grpc() ? "" : "?access_token=" + SECRET;
      Request secret =
          post("orders/shop.Orders/Get" + query)
              .header("cookie", "session=" + SECRET)
              .header("x-api-key", SECRET);
      assertThat(web.call(secret).ok()).isFalse();
      assertThat(web.call(secret.header("authorization", "Bearer " + SECRET)).ok()).isFalse();
      world.config(versions("orders"), allow("principals: [nobody]"));
      assertThat(web.call(secret)).isLocal(403);
      assertThat(logs.lines()).anyMatch(line -> line.contains("refused"));
      assertThat(logs.lines()).noneMatch(line -> line.contains(SECRET));
    }
  }
}
