package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Behaviour.status;
import static io.inmesh.conformance.world.Trait.version;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.balance.EndpointPicker;
import io.inmesh.balance.PickerFactory;
import io.inmesh.call.LocalReply;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Trait;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.filter.FilterFactory;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Side;
import io.inmesh.filter.Step;
import io.inmesh.model.FilterConfig;
import io.inmesh.model.RawSettings;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** EX-01, EX-02: filters, balancers, retry conditions and hash keys that applications bring. */
class ExtensionTest {
  private static final String GET = "orders/shop.Orders/Get";

  /** Looks the plan of the caller up, which takes a moment, and tells or asks for it. */
  private static final class PlanFilters implements FilterFactory {
    @Override
    public String typeUrl() {
      return "type.googleapis.com/acme.Plan";
    }

    @Override
    public MeshFilter create(FilterConfig config, Side side) {
      String plan = String.valueOf(((RawSettings) config.settings()).values().get("plan"));
      return side == Side.CLIENT
          ? call ->
              new Step.Later(
                  CompletableFuture.supplyAsync(
                      () -> {
                        call.request().headers().set("plan", plan);
                        return Step.NEXT;
                      }))
          : call ->
              plan.equals(call.request().headers().get("plan"))
                  ? Step.NEXT
                  : new Step.Answer(LocalReply.refusal(403, "not your plan"));
    }
  }

  private static String routePolicy(String spec) {
    return policy("orders", spec)
        .replace("kind: Service, name: orders", "kind: HTTPRoute, name: orders");
  }

  private static final String ROUTE = route("orders", "- backendRefs: [{name: orders, port: 80}]");
  private static final Trait PLANS = config -> config.filter(new PlanFilters());

  @OverEveryTransport
  void filter_ofARoute_runsInCallers(World world) throws Exception {
    world.config(
        versions("orders"),
        ROUTE,
        routePolicy("filters: [{type: acme.Plan, settings: {plan: gold}}]"));
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web", PLANS);
    assertThat(web.get(GET)).isOk();
    assertThat(orders.requests().get(0).headers().get("plan")).isEqualTo("gold");
    world.config(
        versions("orders"),
        ROUTE,
        routePolicy("filters: [{type: acme.Plan, settings: {plan: silver}}]"));
    assertThat(web.get(GET)).isOk();
    assertThat(orders.requests().get(1).headers().get("plan")).isEqualTo("silver");
  }

  @OverEveryTransport
  void filter_ofAService_runsInItsServers(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "filters: [{type: acme.Plan, settings: {plan: gold}}]"));
    Instance orders = world.serve("orders", ok(), PLANS);
    Caller web = world.client("web");
    assertThat(web.get(GET)).hasStatus(403);
    assertThat(orders.requests()).isEmpty();
  }

  @OverEveryTransport
  void optionalFilter_isLeftOutWhereItIsNotKnown(World world) throws Exception {
    world.config(
        versions("orders"), ROUTE, routePolicy("filters: [{type: acme.Plan, optional: true}]"));
    world.serve("orders", ok());
    assertThat(world.client("web").get(GET)).isOk();
  }

  @OverEveryTransport
  void balancer_choosesTheEndpoints(World world) throws Exception {
    PickerFactory newest =
        (hosts, setting) -> {
          String label = setting.policy().algorithm().toString();
          assertThat(label).contains("v2");
          return (EndpointPicker)
              request -> {
                for (int i = 0; i < hosts.size(); i++) {
                  boolean wanted = hosts.get(i).endpoint().metadata().containsValue("v2");
                  if (wanted && request.admits(hosts.get(i))) {
                    return hosts.get(i);
                  }
                }
                return hosts.firstAdmitted(request, 0);
              };
        };
    world.config(
        versions("orders"),
        policy("orders", "loadBalancer: {custom: {name: acme.Newest, settings: {version: v2}}}"));
    world.serve("orders", ok());
    world.serve("orders", ok(), version("v2"));
    Caller web = world.client("web", config -> config.balancer("acme.Newest", newest));
    // Over gRPC an endpoint takes part once it is connected.
    world.until("v2 is connected", () -> web.get(GET).version().equals("v2"));
    for (int i = 0; i < 10; i++) {
      assertThat(web.get(GET)).isOk().isFrom("v2");
    }
  }

  // Not retried once something was sent.
  @OverEveryTransport(except = {Transport.GRPC_BIDI, Transport.GRPC_CLIENT_STREAM})
  void retryCondition_hasAResponseTriedAgain(World world) throws Exception {
    world.config(
        versions("orders"),
        policy("orders", "retry: {attempts: 3, conditions: [acme.stale, acme.unknown]}"));
    world.expectWarning("names the retry condition 'acme.unknown'");
    Instance stale = world.serve("orders", ok().with("stale", "yes"));
    Instance fresh = world.serve("orders", ok(), version("v2"));
    Caller web =
        world.client(
            "web",
            config ->
                config.retryCondition(
                    "acme.stale",
                    (request, response) -> "yes".equals(response.headers().get("stale"))));
    world.until(
        "both are connected",
        () -> {
          var unused = web.get(GET);
          return !stale.requests().isEmpty() && !fresh.requests().isEmpty();
        });
    for (int i = 0; i < 6; i++) {
      assertThat(web.get(GET)).isOk().isFrom("v2");
    }
  }

  @OverEveryTransport
  void retryCondition_thatThrows_isNone(World world) throws Exception {
    world.config(
        versions("orders"), policy("orders", "retry: {attempts: 3, conditions: [acme.broken]}"));
    world.serve("orders", status(503));
    Caller web =
        world.client(
            "web",
            config ->
                config.retryCondition(
                    "acme.broken",
                    (request, response) -> {
                      throw new IllegalStateException("broken");
                    }));
    assertThat(web.post(GET)).hasStatus(503).hasAttempts(1);
  }

  @OverEveryTransport
  void hashKey_keepsWhatIsEqualTogether(World world) throws Exception {
    world.config(
        versions("orders"),
        destination(
            "orders", "loadBalancer: {consistentHash: {httpHeaderName: x-user, maglev: {}}}"),
        policy("orders", "hashKey: acme.method"));
    for (int i = 0; i < 4; i++) {
      world.serve("orders", ok());
    }
    Caller web =
        world.client("web", config -> config.hashKey("acme.method", request -> request.path()));
    Set<String> used = new HashSet<>();
    for (char method = 'A'; method <= 'Z'; method++) { // all at one of four: one in 10¹⁵ times
      String target = "orders/shop.Orders/" + method;
      // By chance sixteen of them stay together one in 10⁹ times.
      world.until(target + " stays", () -> web.get(target, 16).byHost().size() == 1);
      used.add(web.get(target).host());
    }
    assertThat(used).hasSizeGreaterThan(1);
  }
}
