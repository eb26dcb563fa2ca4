package io.inmesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Outsider;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import java.util.List;
import java.util.Objects;

/** CP-04, LB-26: hosts outside the mesh, as a ServiceEntry declares them. */
class ExternalServiceTest {
  private static final String GET = "api.example.com/shop.Orders/Get";

  private static String entry(World world, int port, String more) {
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: api}
    spec:
      hosts: [api.example.com]
      ports: [{number: 80, name: api, protocol: %s, targetPort: %d}]
    %s
    """
        .formatted(
            world.transport().grpc() ? "GRPC" : "HTTP", port, more.indent(2).stripTrailing());
  }

  private static List<Endpoint> endpoints(Caller caller) {
    Cluster cluster =
        Objects.requireNonNull(
            caller.mesh().snapshot().clusters().get("outbound|80||api.example.com"));
    return cluster.localities().stream().flatMap(each -> each.endpoints().stream()).toList();
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void resolutionDns_everyAddressIsAnEndpoint(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      world.config(entry(world, api.port(), "resolution: DNS"));
      Names names = new Names().with("api.example.com", "127.0.0.1");
      Caller web = world.client("web", names.trait());
      assertThat(web.get(GET)).isOk();
      assertThat(endpoints(web)).hasSize(1);

      names.with("api.example.com", "127.0.0.1", "127.0.0.2");
      world.until("DNS was asked again", () -> endpoints(web).size() == 2);

      names.with("api.example.com");
      assertThat(web.get(GET, 5).failures()).isEmpty();
      assertThat(api.requests().get(0).headers()).doesNotContainKey("x-inmesh-attempt");
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void resolutionDnsRoundRobin_isOneHost_thatMayMove(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      world.config(
          entry(
              world,
              api.port(),
              "resolution: DNS_ROUND_ROBIN\nendpoints: [{address: lb.example.com}]"));
      Names names = new Names().with("lb.example.com", "127.0.0.2");
      Caller web = world.client("web", names.trait());
      assertThat(ok(web)).as("nobody listens there").isFalse();

      names.with("lb.example.com", "127.0.0.1", "127.0.0.2");
      world.until("a new connection goes to the new address", () -> ok(web));
      assertThat(endpoints(web)).hasSize(1);
    }
  }

  private static boolean ok(Caller caller) {
    try {
      return caller.get(GET).ok();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void resolutionNone_looksTheHostOfTheRequestUp(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      world.config(entry(world, api.port(), "resolution: NONE"));
      Caller web = world.client("web", new Names().with("api.example.com", "127.0.0.1").trait());
      assertThat(web.get(GET)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void resolutionStatic_usesTheListedAddresses(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      world.config(
          entry(world, api.port(), "resolution: STATIC\nendpoints: [{address: 127.0.0.1}]"));
      assertThat(world.client("web", new Names().trait()).get(GET)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void exportTo_hidesItFromOtherNamespaces(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      String listed = "resolution: STATIC\nendpoints: [{address: 127.0.0.1}]\nexportTo: [%s]";
      world.config(entry(world, api.port(), listed.formatted("elsewhere")));
      Caller web = world.client("web");
      assertThat(web.get(GET)).failedWith(MeshException.Reason.EGRESS_DENIED);
      world.config(entry(world, api.port(), listed.formatted(".")));
      assertThat(web.get(GET)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void localhost_isAskedOfTheSystem(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      world.config(entry(world, api.port(), "resolution: DNS\nendpoints: [{address: localhost}]"));
      assertThat(world.client("web").get(GET)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void hostDnsDoesNotKnow_failsWithoutCallingAnybody(World world) throws Exception {
    world.config(entry(world, 1, "resolution: DNS"));
    Caller web = world.client("web", new Names().trait());
    assertThat(ok(web)).isFalse();
    assertThat(endpoints(web)).isEmpty();
  }
}
