package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Request.post;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Relay;
import io.inmesh.conformance.world.Request;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import java.util.List;

/** AZ-04: decisions by who calls, as mutual TLS tells, from a file to a socket. */
class PeerAuthorizationTest {
  private static final Request GET = post("orders.default.svc/shop.Orders/Get");

  /** A rule and for whom it holds: {@code web} and {@code batch} of {@code jobs}. */
  private record Row(String rule, boolean web, boolean batch) {}

  private static Row from(String source, boolean web, boolean batch) {
    return new Row("from: [{source: {" + source + "}}]", web, batch);
  }

  private static Row when(String key, String values, boolean web, boolean batch) {
    return new Row("when: [{key: " + key + ", " + values + "}]", web, batch);
  }

  private static final List<Row> ROWS =
      List.of(
          from("principals: [cluster.local/ns/default/sa/web]", true, false),
          from("principals: [cluster.local/ns/other/sa/web]", false, false),
          from("principals: [other.domain/ns/default/sa/web]", false, false),
          from("principals: ['cluster.local/ns/jobs/*']", false, true),
          from("principals: ['*/sa/web']", true, false),
          from("principals: ['*']", true, true),
          from("principals: [x, '*/sa/batch']", false, true),
          from("notPrincipals: [cluster.local/ns/default/sa/web]", false, true),
          from("notPrincipals: ['*']", false, false),
          from("principals: ['cluster.local/*'], notPrincipals: ['*/sa/batch']", true, false),
          from("namespaces: [default]", true, false),
          from("namespaces: ['jo*']", false, true),
          from("namespaces: ['*bs', '*fault']", true, true),
          from("namespaces: [def]", false, false),
          from("notNamespaces: [default]", false, true),
          from("namespaces: [default], principals: ['*/sa/batch']", false, false),
          from("serviceAccounts: [default/web]", true, false),
          from("serviceAccounts: [web]", true, false),
          from("serviceAccounts: [batch]", false, false),
          from("serviceAccounts: [jobs/batch]", false, true),
          from("notServiceAccounts: [jobs/batch]", true, false),
          from("trustDomains: [cluster.local]", true, true),
          from("trustDomains: [other.domain]", false, false),
          from("notTrustDomains: [cluster.local]", false, false),
          when("source.principal", "values: [cluster.local/ns/jobs/sa/batch]", false, true),
          when("source.principal", "values: ['*/sa/web']", true, false),
          when("source.principal", "notValues: ['*/sa/web']", false, true),
          when("source.namespace", "values: [jobs]", false, true),
          when("source.namespace", "notValues: [jobs]", true, false),
          new Row(
              "from: [{source: {namespaces: [jobs]}}, {source: {principals: ['*/sa/web']}}]",
              true,
              true));

  private static String policy(String name, String action, String rules) {
    return """
    apiVersion: security.istio.io/v1
    kind: AuthorizationPolicy
    metadata: {name: %s}
    spec:
      selector: {matchLabels: {app: orders}}
      action: %s
      rules: %s
    """
        .formatted(name, action, rules);
  }

  private static void expect(Caller caller, Request request, boolean passes, String why)
      throws Exception {
    Answer answer = caller.call(request);
    assertThat(answer.ok()).as("%s: %s", why, answer).isEqualTo(passes);
    if (!passes) {
      assertThat(answer).isLocal(403);
    }
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      also = Transport.SPRING_MTLS)
  void everyOperatorOnTheCaller_decidesAsIstioSays(World world) throws Exception {
    world.config(versions("orders"));
    world.serve("orders", ok());
    Caller web = world.client("web");
    Caller batch = world.clientIn("jobs", "batch");
    // Each row decides about paths of its own, so that one configuration holds them all.
    StringBuilder allow = new StringBuilder("\n  - to: [{operation: {paths: ['/deny.*']}}]");
    StringBuilder deny = new StringBuilder();
    for (int i = 0; i < ROWS.size(); i++) {
      String rule = "\n  - {%s, to: [{operation: {paths: [/%s.Row%d/Get]}}]}";
      allow.append(rule.formatted(ROWS.get(i).rule(), "allow", i));
      deny.append(rule.formatted(ROWS.get(i).rule(), "deny", i));
    }
    world.config(
        versions("orders"),
        policy("allow", "ALLOW", allow.toString()),
        policy("deny", "DENY", deny.toString()));
    for (int i = 0; i < ROWS.size(); i++) {
      Row row = ROWS.get(i);
      Request allowed = post("orders.default.svc/allow.Row" + i + "/Get");
      Request denied = post("orders.default.svc/deny.Row" + i + "/Get");
      expect(web, allowed, row.web(), "ALLOW " + row.rule());
      expect(batch, allowed, row.batch(), "ALLOW " + row.rule());
      expect(web, denied, !row.web(), "DENY " + row.rule());
      expect(batch, denied, !row.batch(), "DENY " + row.rule());
    }
  }

  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.H2_MTLS, Transport.GRPC_MTLS},
      also = Transport.SPRING_MTLS)
  void permissionTakenAway_holdsForTheNextRequestOfAnOpenConnection(World world) throws Exception {
    world.config(versions("orders"));
    Relay relay = world.serveThroughRelay("orders", ok());
    Caller web = world.client("web");
    expect(web, GET, true, "no policy");
    int connections = relay.recordings().size();

    world.config(
        versions("orders"), policy("p", "ALLOW", "[{from: [{source: {namespaces: [x]}}]}]"));
    expect(web, GET, false, "the permission is for others");
    world.config(
        versions("orders"), policy("p", "ALLOW", "[{from: [{source: {namespaces: [default]}}]}]"));
    expect(web, GET, true, "the permission is back");
    world.config(
        versions("orders"),
        policy("p", "ALLOW", "[{}]"),
        policy("d", "DENY", "[{from: [{source: {principals: ['*/sa/web']}}]}]"));
    expect(web, GET, false, "DENY before ALLOW");

    assertThat(relay.recordings()).as("all on the same connections").hasSize(connections);
  }
}
