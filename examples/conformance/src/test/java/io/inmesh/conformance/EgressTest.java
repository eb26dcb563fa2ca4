package io.inmesh.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshConfig.OutboundTrafficPolicy;
import io.inmesh.MeshException.Reason;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Outsider;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Trait;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;

/** RT-19: hosts that nothing declares, and those that a wildcard stands for. */
class EgressTest {
  private static final String GET = "/shop.Orders/Get";

  private static String policy(String mode) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: mesh}
    spec: {outboundTrafficPolicy: {mode: %s}}
    """
        .formatted(mode);
  }

  private static String wildcard(World world, int port, String resolution) {
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: partners}
    spec:
      hosts: ["*.example.com"]
      ports: [{number: %d, name: api, protocol: %s}]
      resolution: %s
    """
        .formatted(port, world.transport().grpc() ? "GRPC" : "HTTP", resolution);
  }

  private static Trait says(OutboundTrafficPolicy policy) {
    return config -> config.outboundTrafficPolicy(policy);
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void unknownHost_whereNothingIsSaid_isRefused(World world) throws Exception {
    world.config();
    assertThat(world.client("web").get("unknown.example.com" + GET))
        .failedWith(Reason.EGRESS_DENIED);
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void unknownHost_followsMeshDefaults_asTheyChange(World world) throws Exception {
    try (Outsider outside = Outsider.plaintext(world.transport())) {
      String host = "elsewhere.example:" + outside.port() + GET;
      Names names = new Names().with("elsewhere.example", "127.0.0.1");
      world.config(policy("REGISTRY_ONLY"));
      Caller web = world.client("web", names.trait());
      assertThat(web.get(host)).failedWith(Reason.EGRESS_DENIED);

      world.config(policy("ALLOW_ANY"));
      assertThat(web.get(host)).isOk();
      assertThat(web.get("127.0.0.1:" + outside.port() + GET)).isOk();
      assertThat(outside.requests().get(0).headers()).doesNotContainKey("x-inmesh-attempt");

      world.config(policy("REGISTRY_ONLY"));
      assertThat(web.get(host)).failedWith(Reason.EGRESS_DENIED);
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void policyOfTheProcess_isNeitherLoosenedNorTightened(World world) throws Exception {
    try (Outsider outside = Outsider.plaintext(world.transport())) {
      String host = "127.0.0.1:" + outside.port() + GET;
      world.config(policy("ALLOW_ANY"));
      Caller strict = world.client("strict", says(OutboundTrafficPolicy.REGISTRY_ONLY));
      assertThat(strict.get(host)).failedWith(Reason.EGRESS_DENIED);
      world.config(policy("REGISTRY_ONLY"));
      Caller open = world.client("open", says(OutboundTrafficPolicy.ALLOW_ANY));
      assertThat(open.get(host)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void wildcard_looksUpWhatIsCalled(World world) throws Exception {
    try (Outsider outside = Outsider.plaintext(world.transport())) {
      world.config(wildcard(world, outside.port(), "DYNAMIC_DNS"));
      Names names =
          new Names()
              .with("a.example.com", "127.0.0.1")
              .with("b.example.com", "127.0.0.1")
              .with("metadata.example.com", "169.254.169.254");
      Caller web = world.client("web", names.trait());
      String port = ":" + outside.port() + GET;
      assertThat(web.get("a.example.com" + port)).isOk();
      assertThat(web.get("b.example.com" + port)).isOk();
      assertThat(web.get("unknown.example.com" + port)).failedWith(Reason.NO_HEALTHY_ENDPOINT);
      assertThat(web.get("metadata.example.com" + port)).failedWith(Reason.NO_HEALTHY_ENDPOINT);
      assertThat(web.get("a.example.org" + port)).failedWith(Reason.EGRESS_DENIED);
      assertThat(outside.requests())
          .extracting(request -> request.headers().get("x-inmesh-attempt"))
          .containsOnlyNulls();
    }
  }
}
