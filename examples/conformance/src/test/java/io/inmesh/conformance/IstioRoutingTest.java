package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.failFirst;
import static io.inmesh.conformance.world.Behaviour.hang;
import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.subsets;
import static io.inmesh.conformance.world.Yaml.versions;
import static io.inmesh.conformance.world.Yaml.virtualService;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Seen;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;

/** CP-06: what a VirtualService says about calls, RT-08, RT-09, RT-16. */
class IstioRoutingTest {
  private static final String GET = "orders/shop.Orders/Get";
  private static final String INSTANCES_COME_LATER = "of subset v[12]";
  private static final String TO_V1 = "route: [{destination: {host: orders, subset: v1}}]";
  private static final String TO_V2 = "route: [{destination: {host: orders, subset: v2}}]";

  /** Of {@code orders}, by subsets. */
  private static void configure(World world, String rules) throws Exception {
    world.expectWarning(INSTANCES_COME_LATER);
    world.config(
        versions("orders"), subsets("orders", "v1", "v2"), virtualService("orders", rules));
  }

  /** A caller of {@code orders}, which has an instance of each version. */
  private static Caller twoVersions(World world, String rules) throws Exception {
    configure(world, rules);
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    return world.client("web");
  }

  private static String versionNow(Caller caller) {
    try {
      return caller.get(GET).version();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Request with(String name, String value) {
    return Request.get(GET).header(name, value);
  }

  @OverEveryTransport
  void firstMatch_wins(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            """
            - match: [{uri: {prefix: /shop.Orders/G}, headers: {x-to: {prefix: two}}}]
              %2$s
            - match: [{uri: {regex: '/shop[.]Orders/[A-Z].*'}, withoutHeaders: {x-to: {exact: no}}}]
              %1$s
            - match: [{headers: {x-to: {}}}]
              %2$s
            """
                .formatted(TO_V1, TO_V2));
    assertThat(web.call(with("x-to", "two, please"))).isFrom("v2");
    assertThat(web.get(GET)).isFrom("v1");
    assertThat(web.call(with("x-to", "no"))).isFrom("v2");
    assertThat(web.get("orders/shop.Others/get")).isLocal(404);
  }

  @OverEveryTransport
  void weights_divideBetweenSubsets(World world) throws Exception {
    Caller web =
        twoVersions(
            world,
            """
            - route:
              - {destination: {host: orders, subset: v1}, weight: 80}
              - {destination: {host: orders, subset: v2}, weight: 20}
            """);
    assertThat(web.get(GET, 400).share("v1")).isCloseTo(0.8, within(0.12));
  }

  @OverEveryTransport
  void subset_thatNobodyDeclares_is503_andAFinding(World world) throws Exception {
    world.expectWarning("has a subset v9");
    assertThat(
            world.tryConfig(
                versions("orders"),
                virtualService("orders", "- route: [{destination: {host: orders, subset: v9}}]")))
        .extracting(Finding::code)
        .contains(FindingCode.SUBSET_NOT_FOUND);
    world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isLocal(503);
  }

  @OverEveryTransport
  void destinationRule_withASelector_isForWhomItSelects(World world) throws Exception {
    world.expectWarning(INSTANCES_COME_LATER);
    String selecting =
        subsets("orders", "v1")
            .replace("name: orders-subsets", "name: for-shop")
            .replace("version: v1", "version: v2")
            .replace("spec:", "spec:\n  workloadSelector: {matchLabels: {app: shop}}");
    world.config(
        versions("orders"),
        subsets("orders", "v1"),
        selecting,
        virtualService("orders", "- " + TO_V1));
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web");
    Caller shop = world.client("shop");
    world.until("the one selected has its own", () -> versionNow(shop).equals("v2"));
    assertThat(shop.get(GET, 10).share("v2")).isEqualTo(1);
    assertThat(web.get(GET, 10).share("v1")).isEqualTo(1);

    world.config(
        versions("orders"), subsets("orders", "v1"), virtualService("orders", "- " + TO_V1));
    world.until("the selector is gone", () -> versionNow(shop).equals("v1"));
  }

  @OverEveryTransport
  void headers_ofRuleAndDestination_areChanged(World world) throws Exception {
    configure(
        world,
        """
        - headers: {request: {set: {x-from: "%REQ(x-who)%"}}, response: {set: {x-rule: "1"}}}
          route:
          - destination: {host: orders}
            headers: {request: {remove: [x-not]}, response: {add: {x-destination: "1"}}}
        """);
    Instance orders = world.serve("orders", ok());
    assertThat(world.client("web").call(with("x-who", "me").header("x-not", "1")))
        .isOk()
        .hasHeader("x-rule", "1")
        .hasHeader("x-destination", "1");
    assertThat(orders.lastRequest().header("x-from")).isEqualTo("me");
    assertThat(orders.lastRequest().header("x-not")).isNull();
  }

  @OverEveryTransport
  void rewrite_ofPathAndHost(World world) throws Exception {
    configure(
        world,
        """
        - match: [{uri: {prefix: /old.Orders/}}]
          rewrite: {uri: /shop.Orders/, authority: inner.example}
          route: [{destination: {host: orders}}]
        - match: [{uri: {prefix: /v1.}}]
          rewrite: {uriRegexRewrite: {match: "^/v([0-9])[.]", rewrite: "/shop\\\\1."}}
          route: [{destination: {host: orders}}]
        """);
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get("orders/old.Orders/Get")).isOk();
    assertThat(orders.lastRequest().path()).isEqualTo("/shop.Orders/Get");
    assertThat(orders.lastRequest().authority()).isEqualTo("inner.example");
    assertThat(web.get("orders/v1.Orders/Get")).isOk();
    assertThat(orders.lastRequest().path()).isEqualTo("/shop1.Orders/Get");
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.H2C}) // gRPC has no redirects
  void redirect_answers(World world) throws Exception {
    configure(
        world,
        """
        - match: [{uri: {prefix: /old}}]
          redirect: {uri: "%PREFIX()%/new", authority: shop.example, redirectCode: 308}
        """);
    assertThat(world.client("web").get("orders/old/x?q=1"))
        .hasStatus(308)
        .hasHeader("location", "http://shop.example/new/x?q=1");
  }

  @OverEveryTransport
  void directResponse_answers(World world) throws Exception {
    configure(world, "- directResponse: {status: 503, body: {string: closed}}");
    Instance orders = world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isLocal(503);
    assertThat(orders.requests()).isEmpty();
  }

  @OverEveryTransport
  void fault_aborts(World world) throws Exception {
    configure(
        world,
        """
        - match: [{headers: {x-fail: {}}}]
          fault: {abort: {httpStatus: 503, percentage: {value: 100}}}
          route: [{destination: {host: orders}}]
        - fault: {abort: {httpStatus: 503, percentage: {value: 0}}}
          route: [{destination: {host: orders}}]
        """);
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.call(with("x-fail", "1"))).isLocal(503);
    assertThat(web.get(GET)).isOk();
  }

  @OverEveryTransport
  void mirror_getsACopy(World world) throws Exception {
    configure(
        world,
        """
        - mirror: {host: orders, subset: v2}
          route: [{destination: {host: orders, subset: v1}}]
        """);
    world.serve("orders", ok());
    Instance shadow = world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web");
    assertThat(web.get(GET)).isFrom("v1");
    world.until("the copy arrives", () -> shadow.requests().size() == 1);
    assertThat(shadow.requests()).extracting(Seen::path).containsExactly("/shop.Orders/Get");
  }

  @OverEveryTransport(
      except = {
        Transport.GRPC_CLIENT_STREAM,
        Transport.GRPC_BIDI
      }) // not retried once something was sent
  void timeout_andRetries(World world) throws Exception {
    configure(
        world,
        """
        - match: [{headers: {x-slow: {}}}]
          timeout: 0.2s
          route: [{destination: {host: orders}}]
        - retries: {attempts: 2, retryOn: "503,unavailable", backoff: 1ms}
          route: [{destination: {host: orders}}]
        """);
    Instance orders = world.serve("orders", failFirst(2, 503));
    Caller web = world.client("web");
    assertThat(web.get(GET)).isOk().hasAttempts(3);
    orders.behave(hang());
    assertThat(web.call(with("x-slow", "1"))).timedOut();
  }

  @OverEveryTransport
  void source_isTheCallersLabelsAndNamespace(World world) throws Exception {
    configure(
        world,
        """
        - match: [{sourceLabels: {app: web, version: v2}, sourceNamespace: default}]
          %2$s
        - match: [{sourceNamespace: elsewhere}]
          directResponse: {status: 503}
        - %1$s
        """
            .formatted(TO_V1, TO_V2));
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    assertThat(world.client("web").get(GET)).isFrom("v1");
    assertThat(world.client("web", version("v2")).get(GET)).isFrom("v2");
    assertThat(world.clientIn("elsewhere", "web").get("orders.default/a.B/C")).isLocal(503);
  }

  @OverEveryTransport
  void delegate_narrowsWhatItIsGiven(World world) throws Exception {
    world.expectWarning(INSTANCES_COME_LATER);
    world.config(
        versions("orders"),
        subsets("orders", "v1", "v2"),
        virtualService(
            "orders",
            """
            - match: [{uri: {prefix: /shop.}}]
              headers: {response: {set: {x-root: "1"}}}
              delegate: {name: leaf}
            - %s
            """
                .formatted(TO_V1)),
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: leaf}
        spec:
          http:
          - match: [{uri: {prefix: /shop.Orders/G}}]
            %s
        """
            .formatted(TO_V2));
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web");
    assertThat(web.get(GET)).isFrom("v2").hasHeader("x-root", "1");
    assertThat(web.get("orders/shop.Orders/Put")).isFrom("v1").lacksHeader("x-root");
  }

  @OverEveryTransport
  void ofTwoOnOneHost_theOlderWins_andARouteBeforeBoth(World world) throws Exception {
    world.expectWarning(INSTANCES_COME_LATER);
    world.expectWarning("already has VirtualService default/orders");
    String younger = virtualService("orders", "- " + TO_V2).replace("name: orders}", "name: x}");
    String[] both = {
      versions("orders", "v1", "v2"),
      subsets("orders", "v1", "v2"),
      virtualService("orders", "- " + TO_V1),
      younger
    };
    assertThat(world.tryConfig(both))
        .extracting(Finding::code)
        .contains(FindingCode.VIRTUAL_SERVICE_CONFLICTED);
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web");
    assertThat(web.get(GET)).isFrom("v1");

    world.expectWarning("which goes before");
    String route = route("orders", "- backendRefs: [{name: orders-v2, port: 80}]");
    assertThat(world.tryConfig(both[0], both[1], both[2], route))
        .extracting(Finding::code)
        .contains(FindingCode.VIRTUAL_SERVICE_OVERRULED);
    world.until("the route is in force", () -> versionNow(web).equals("v2"));
  }
}
