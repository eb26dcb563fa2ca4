package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.policy;
import static io.inmesh.conformance.world.Yaml.route;
import static io.inmesh.conformance.world.Yaml.versions;
import static io.inmesh.conformance.world.Yaml.virtualService;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.World;
import java.util.Locale;

/** RT-21: the policy of a rule goes before that of its route, and that before the Service's. */
class PolicyAttachmentTest {
  private static final String NAMED = "orders/shop.Named/Get";
  private static final String OTHER = "orders/shop.Other/Get";

  private static final String HTTP_ROUTE =
      route(
          "orders",
          """
          - name: named
            matches: [{path: {value: /shop.Named}}]
            backendRefs: [{name: orders, port: 80}]
          - matches: [{path: {value: /}}]
            backendRefs: [{name: orders, port: 80}]
          """);

  private static final String VIRTUAL_SERVICE =
      virtualService(
          "orders",
          """
          - name: named
            match: [{uri: {prefix: /shop.Named}}]
            route: [{destination: {host: orders}}]
          - route: [{destination: {host: orders}}]
          """);

  private static String ofService(int status) {
    return policy("orders", abort(status));
  }

  private static String of(String kind, String section, String spec) {
    return policy("orders", spec)
        .replace(
            "name: orders}\nspec",
            "name: of-" + kind.toLowerCase(Locale.ROOT) + section + "}\nspec")
        .replace(
            "kind: Service, name: orders",
            "kind: "
                + kind
                + ", name: orders"
                + (section.isEmpty() ? "" : ", sectionName: " + section));
  }

  private static String abort(int status) {
    return "fault: {abort: {httpStatus: " + status + "}}";
  }

  @OverEveryTransport
  void ofARouteOfGatewayApi(World world) throws Exception {
    theMostSpecific_replaces(world, "HTTPRoute", HTTP_ROUTE);
  }

  @OverEveryTransport
  void ofAVirtualService(World world) throws Exception {
    theMostSpecific_replaces(world, "VirtualService", VIRTUAL_SERVICE);
  }

  private static void theMostSpecific_replaces(World world, String kind, String route)
      throws Exception {
    world.config(versions("orders"), route, ofService(503));
    world.serve("orders", ok());
    Caller web = world.client("web");
    assertThat(web.get(NAMED)).isLocal(503);
    assertThat(web.get(OTHER)).isLocal(503);

    world.config(versions("orders"), route, ofService(503), of(kind, "", abort(401)));
    world.until("the route's is in force", () -> says(web, NAMED, 401) && says(web, OTHER, 401));

    world.config(
        versions("orders"),
        route,
        ofService(503),
        of(kind, "", abort(401)),
        of(kind, "named", "timeout: 5s"));
    world.until("the rule's is in force", () -> get(web, NAMED).ok());
    assertThat(web.get(OTHER)).isLocal(401);
  }

  private static boolean says(Caller web, String target, int status) {
    try {
      assertThat(get(web, target)).isLocal(status);
      return true;
    } catch (AssertionError e) {
      return false;
    }
  }

  private static Answer get(Caller web, String target) {
    try {
      return web.get(target);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
