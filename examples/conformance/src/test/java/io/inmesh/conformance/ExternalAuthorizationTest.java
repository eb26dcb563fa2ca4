package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Bytes;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;

/** AZ-12: somebody else decides, over gRPC and over HTTP, for servers of both. */
class ExternalAuthorizationTest {
  private static final Request GET = post("orders/shop.Orders/Get");
  private static final Request PUT = post("orders/shop.Orders/Put");
  private static final Request GOOD = GET.header("x-token", "good");

  private static final String GRPC =
      "envoyExtAuthzGrpc: {service: arbiter.default.svc.cluster.local, port: 9191%s}";
  private static final String HTTP =
      "envoyExtAuthzHttp: {service: arbiter.default.svc.cluster.local, port: 8000%s}";

  private static String provider(String kind, String more) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: quick}
    spec:
      configDebounce: {quiet: 5ms, cap: 50ms}
      endpointDebounce: {quiet: 2ms, cap: 20ms}
      extensionProviders:
      - name: arbiter
        %s
    """
        .formatted(kind.formatted(more.isEmpty() ? "" : ", " + more));
  }

  private static String policy(String name, String spec) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: %s}
    spec:
      selector: {matchLabels: {app: orders}}
      rules: [{to: [{operation: {paths: ['*/Get']}}]}]
      %s
    """
        .formatted(name, spec);
  }

  private static final String CUSTOM =
      policy("custom", "action: CUSTOM\n  provider: {name: arbiter}");

  @OverEveryTransport(
      only = {
        Transport.HTTP1,
        Transport.GRPC,
        Transport.GRPC_BIDI,
        Transport.H2_MTLS,
        Transport.GRPC_MTLS
      })
  void grpcProvider_decides(World world) throws Exception {
    world.config(versions("orders"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    try (Arbiters arbiters = new Arbiters(world)) {
      world.config(versions("orders"), provider(GRPC, ""), CUSTOM);
      assertThat(web.call(GET)).isLocal(401).hasHeader("x-why", "token");
      assertThat(orders.requests()).isEmpty();
      assertThat(web.call(GOOD)).isOk().hasHeader("x-decided", "yes");
      assertThat(orders.lastRequest().headers())
          .containsEntry("x-user", "ann")
          .doesNotContainKey("x-token");
      assertThat(orders.lastRequest().authority()).doesNotContain("elsewhere");
      String caller = world.transport().secured() ? "spiffe://cluster.local/ns/default/sa/web" : "";
      assertThat(arbiters.asked).containsOnly(caller + " /shop.Orders/Get").hasSize(2);
      assertThat(web.call(PUT)).as("not selected").isOk();
      assertThat(arbiters.asked).hasSize(2);
      if (!world.transport().grpc()) {
        Request query = post("orders/shop.Orders/Get?secret=1&x=2&user=eve");
        assertThat(web.call(query.header("x-token", "good"))).isOk();
        assertThat(orders.lastRequest().path()).isEqualTo("/shop.Orders/Get?x=2&user=ann");
      }
    }
  }

  @OverEveryTransport(
      only = {Transport.H2C, Transport.GRPC, Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void httpProvider_decides(World world) throws Exception {
    world.config(versions("orders"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    String settings =
        "pathPrefix: /check, includeRequestHeadersInCheck: [x-tok*],"
            + " includeAdditionalHeadersInCheck: {x-mesh: shop}, headersToUpstreamOnAllow:"
            + " [x-user], headersToDownstreamOnAllow: [X-Decided], headersToDownstreamOnDeny:"
            + " [x-why]";
    try (Arbiters arbiters = new Arbiters(world)) {
      world.config(versions("orders"), provider(HTTP, settings), CUSTOM);
      assertThat(web.call(GET)).isLocal(401).hasHeader("x-why", "token").lacksHeader("x-decided");
      assertThat(web.call(GOOD)).isOk().hasHeader("x-decided", "yes").lacksHeader("x-why");
      assertThat(orders.lastRequest().headers())
          .containsEntry("x-user", "ann")
          .containsKey("x-token")
          .doesNotContainKey("x-why");
      assertThat(arbiters.asked).containsOnly("POST /check/shop.Orders/Get");
    }
  }

  @OverEveryTransport(
      only = {
        Transport.HTTP1,
        Transport.H2_MTLS,
        Transport.GRPC,
        Transport.GRPC_STREAM,
        Transport.GRPC_BIDI
      })
  void body_isShownAsFarAsSaid(World world) throws Exception {
    world.config(versions("orders"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    // Of gRPC the frame is shown: no compression, 34 bytes.
    String sent = (world.transport().grpc() ? "\0\0\0\0\"" : "") + Bytes.PAYLOAD;
    try (Arbiters arbiters = new Arbiters(world)) {
      for (String kind : new String[] {GRPC, HTTP}) {
        String more =
            kind.equals(HTTP)
                ? "includeRequestHeadersInCheck: [x-tok*], includeAdditionalHeadersInCheck:"
                    + " {x-mesh: shop}, "
                : "";
        world.config(
            versions("orders"),
            provider(kind, more + "includeRequestBodyInCheck: {maxRequestBytes: 100}"),
            CUSTOM);
        assertThat(web.call(GOOD)).as(kind).isOk();
        assertThat(arbiters.shown).last().isEqualTo("false " + sent);
        assertThat(web.call(GET)).as(kind).isLocal(401);
        String partial =
            "includeRequestBodyInCheck: {maxRequestBytes: 8, allowPartialMessage: true"
                + (kind.equals(GRPC) ? ", packAsBytes: true}" : "}");
        world.config(versions("orders"), provider(kind, more + partial), CUSTOM);
        assertThat(web.call(GOOD)).as(kind).isOk();
        assertThat(arbiters.shown).last().isEqualTo("true " + sent.substring(0, 8));
        int before = arbiters.shown.size();
        int served = orders.requests().size();
        world.config(
            versions("orders"),
            provider(kind, more + "includeRequestBodyInCheck: {maxRequestBytes: 8}"),
            CUSTOM);
        Answer tooLarge = web.call(GOOD);
        if (world.transport().grpc()) {
          assertThat(tooLarge.grpc()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        } else {
          assertThat(tooLarge).isLocal(413);
        }
        assertThat(arbiters.shown).hasSize(before);
        assertThat(orders.requests()).hasSize(served);
      }
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void noDecision_isARefusal_unlessSaidOtherwise(World world) throws Exception {
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    world.expectWarning("without a decision");
    world.expectWarning("IM2060");
    world.config(versions("orders"), provider(GRPC, ""), CUSTOM);
    assertThat(web.call(GOOD)).as("nobody decides").isLocal(403);
    try (Arbiters arbiters = new Arbiters(world)) {
      for (String kind : new String[] {GRPC, HTTP}) {
        String shows = kind.equals(HTTP) ? ", includeRequestHeadersInCheck: [x-token]" : "";
        for (String how : new String[] {"broken", "slow"}) {
          Request request = GET.header("x-token", how);
          world.config(versions("orders"), provider(kind, "timeout: 200ms" + shows), CUSTOM);
          assertThat(web.call(request)).as(kind + how).isLocal(403);
          String status = "timeout: 200ms, statusOnError: '503'" + shows;
          world.config(versions("orders"), provider(kind, status), CUSTOM);
          assertThat(web.call(request)).as(kind + how).isLocal(503);
        }
        String open = "timeout: 200ms, failOpen: true" + shows;
        world.config(versions("orders"), provider(kind, open), CUSTOM);
        assertThat(web.call(GET.header("x-token", "slow"))).isOk();
        world.config(versions("orders"), provider(kind, "failOpen: true" + shows), CUSTOM);
        assertThat(web.call(GET)).as("a decision counts all the same").isLocal(401);
        assertThat(arbiters.asked).isNotEmpty();
      }
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void externalDecision_comesBeforeTheOthers(World world) throws Exception {
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    try (Arbiters arbiters = new Arbiters(world)) {
      world.config(versions("orders"), provider(GRPC, ""), CUSTOM, policy("deny", "action: DENY"));
      assertThat(web.call(GET)).as("CUSTOM first").isLocal(401);
      assertThat(web.call(GOOD)).as("then DENY").isLocal(403);
      assertThat(arbiters.asked).hasSize(2);
      world.config(
          versions("orders"),
          provider(GRPC, ""),
          CUSTOM.replace(
              "{name: custom}", "{name: custom, annotations: {istio.io/dry-run: 'true'}}"));
      assertThat(web.call(GET)).as("dry run").isOk();
      assertThat(arbiters.asked).hasSize(2);
    }
  }
}
