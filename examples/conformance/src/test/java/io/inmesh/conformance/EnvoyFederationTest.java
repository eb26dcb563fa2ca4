package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.SPIFFECertValidatorConfig;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.conformance.world.Outsider;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Sidecar;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.Svid;
import io.inmesh.server.cli.EnvoyAgent;
import io.inmesh.testing.TestAuthority;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.SSLSocket;

/** ID-05, CP-31: whom stock Envoys believe while other trust domains are federated. */
class EnvoyFederationTest {
  private static final TestAuthority PARTNER = new TestAuthority("partner.example");
  private static final String PEER = "spiffe://partner.example/ns/default/sa/peer";

  private static String defaults(String federation) {
    return """
    apiVersion: inmesh.io/v1alpha1
    kind: MeshDefaults
    metadata: {name: quick}
    spec:
      configDebounce: {quiet: 5ms, cap: 50ms}
      endpointDebounce: {quiet: 2ms, cap: 20ms}
      federation: [%s]
    """
        .formatted(federation);
  }

  private static String partner() {
    return "{trustDomain: partner.example, caCertificates: \""
        + PARTNER.rootPem().replace("\n", "\\n")
        + "\"}";
  }

  @OverEveryTransport(only = Transport.HTTP1_MTLS, styles = Style.BLOCKING)
  void roots_areByTrustDomain_whileThereAreSeveral(World world) throws Exception {
    Path socket = Files.createTempDirectory("inmesh-envoy").resolve("agent.sock");
    String token = world.ca().joinToken("default", "legacy", 1, Duration.ofMinutes(5));
    String control = "127.0.0.1:" + world.control().xdsAddress().getPort();
    try (EnvoyAgent agent = EnvoyAgent.start(control, token, "1", null, socket);
        Secrets secrets = new Secrets(socket)) {
      assertThat(agent).isNotNull();
      world.until("there are secrets", () -> secrets.newest.size() == 3);
      assertThat(secrets.roots("ROOTCA").hasTrustedCa()).isTrue();
      assertThat(secrets.domains("ROOTCA")).isEmpty();
      assertThat(secrets.domains("ALL")).containsExactly("cluster.local");

      world.config(defaults(partner()));
      world.until("the partner is believed", () -> secrets.domains("ROOTCA").size() == 2);
      assertThat(secrets.roots("ROOTCA").hasTrustedCa()).isFalse();
      assertThat(secrets.domains("ROOTCA")).containsExactly("cluster.local", "partner.example");
      assertThat(secrets.bundle("ROOTCA", 1)).isEqualTo(PARTNER.rootPem());

      world.config(defaults(""));
      world.until(
          "it is a stranger again",
          () ->
              secrets.roots("ROOTCA").hasTrustedCa()
                  && secrets.domains("ALL").equals(List.of("cluster.local")));
    }
  }

  /** What an Envoy is told. Thread-safe. */
  private static final class Secrets implements AutoCloseable {
    final Map<String, Secret> newest = new ConcurrentHashMap<>();
    private final EventLoopGroup events =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    private final ManagedChannel channel;

    Secrets(Path socket) {
      channel =
          NettyChannelBuilder.forAddress(
                  UnixDomainSocketAddress.of(socket), InsecureChannelCredentials.create())
              .overrideAuthority("localhost")
              .eventLoopGroup(events)
              .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
              .withOption(ChannelOption.SO_KEEPALIVE, null)
              .build();
      SecretDiscoveryServiceGrpc.newStub(channel)
          .streamSecrets(
              new StreamObserver<>() {
                @Override
                public void onNext(DiscoveryResponse response) {
                  for (Any any : response.getResourcesList()) {
                    Secret secret = unpack(any, Secret.class);
                    newest.put(secret.getName(), secret);
                  }
                }

                @Override
                public void onError(Throwable failure) {}

                @Override
                public void onCompleted() {}
              })
          .onNext(
              DiscoveryRequest.newBuilder()
                  .addResourceNames("default")
                  .addResourceNames("ROOTCA")
                  .addResourceNames("ALL")
                  .build());
    }

    CertificateValidationContext roots(String name) {
      return Objects.requireNonNull(newest.get(name)).getValidationContext();
    }

    List<String> domains(String name) {
      List<String> domains = new ArrayList<>();
      for (var domain : validator(name).getTrustDomainsList()) {
        domains.add(domain.getName());
      }
      return domains;
    }

    String bundle(String name, int domain) {
      return validator(name)
          .getTrustDomains(domain)
          .getTrustBundle()
          .getInlineBytes()
          .toStringUtf8();
    }

    private SPIFFECertValidatorConfig validator(String name) {
      CertificateValidationContext roots = roots(name);
      return roots.hasCustomValidatorConfig()
          ? unpack(
              roots.getCustomValidatorConfig().getTypedConfig(), SPIFFECertValidatorConfig.class)
          : SPIFFECertValidatorConfig.getDefaultInstance();
    }

    private static <T extends com.google.protobuf.Message> T unpack(Any any, Class<T> type) {
      try {
        return any.unpack(type);
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() {
      channel.shutdownNow();
      var unused = events.shutdownGracefully();
    }
  }

  @OverEveryTransport(only = Transport.HTTP1_MTLS, styles = Style.BLOCKING)
  void partner_isLetInByAnEnvoy_forItsOwnIdentitiesOnly(World world) throws Exception {
    assumeTrue(
        Sidecar.binary().isPresent(), "no Envoy is installed; .ci/install-envoy installs one");
    Svid peer = PARTNER.svid(PEER);
    Svid forged = PARTNER.svid("spiffe://cluster.local/ns/default/sa/web");
    InetSocketAddress inbound = Sidecar.free();
    try (Outsider application = Outsider.plaintext(world.transport());
        Sidecar orders = Sidecar.start(world, "orders", inbound, application.port())) {
      world.config(defaults(partner()));
      world.until("the Envoy lets the partner in", () -> served(inbound, peer));
      assertThat(served(inbound, forged)).as("the partner speaks for nobody else").isFalse();
      Svid stranger = new TestAuthority("partner.example").svid(PEER);
      assertThat(served(inbound, stranger)).as("an authority of the same name").isFalse();

      world.config(defaults(""));
      world.until("the partner is a stranger again", () -> !served(inbound, peer));
      assertThat(orders.running()).isTrue();
    }
  }

  /** The same validator judges those that an Envoy calls, the control server among them. */
  @OverEveryTransport(
      only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void calls_ofEnvoys_goOn_whileOthersAreBelieved(World world) throws Exception {
    assumeTrue(
        Sidecar.binary().isPresent(), "no Envoy is installed; .ci/install-envoy installs one");
    world.config(defaults(partner()));
    world.serve("orders", ok());
    try (Sidecar legacy = Sidecar.start(world, "legacy")) {
      world.until("the library is called", () -> calls(legacy, "orders"));
      world.serve("stock", ok());
      world.until("it hears of new services", () -> calls(legacy, "stock"));
      world.config(defaults(""));
      assertThat(calls(legacy, "orders")).as("one trust domain again").isTrue();
    }
  }

  private static boolean calls(Sidecar envoy, String service) {
    try {
      return envoy.call(service) == 200;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Whether a program with this certificate is answered 200. */
  private static boolean served(InetSocketAddress server, Svid client) {
    try (SSLSocket socket =
        (SSLSocket)
            Anybody.with(client)
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.getPort())) {
      socket.setSoTimeout(10_000);
      String request = "GET /shop.Orders/Get HTTP/1.1\r\nHost: orders\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes(12);
      return new String(answer, StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
    } catch (IOException refused) {
      return false;
    }
  }
}
