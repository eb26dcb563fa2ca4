package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.StreamObserver;
import io.inmesh.identity.ControlServerTls;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.wire.identity.v1.IdentityGrpc;
import io.inmesh.wire.istio.v1.IstioCertificateRequest;
import io.inmesh.wire.istio.v1.IstioCertificateServiceGrpc;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Port;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Strangers and liars at the port of a server with identities. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ControlPortTest {
  private static final SpiffeId CART = SpiffeId.of("cluster.local", "shop", "cart");

  private ControlServer server;
  private CertificateAuthority authority;

  @BeforeAll
  void start(@TempDir Path config) throws Exception {
    Files.writeString(
        config.resolve("shop.yaml"),
        """
        apiVersion: v1
        kind: Service
        metadata: {name: vault, namespace: shop}
        spec: {selector: {tier: safe}, ports: [{name: http, port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: ledger, namespace: shop}
        spec: {selector: {app: cart, role: books}, ports: [{name: http, port: 80}]}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: archive, namespace: shop}
        spec:
          hosts: [archive.example]
          ports: [{number: 80, name: http, protocol: HTTP}]
          resolution: STATIC
          workloadSelector: {labels: {role: archive}}
        ---
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: mesh}
        spec:
          registration:
          - {namespace: shop, service: pay, serviceAccounts: [pay-blue, pay-green]}
          - {namespace: shop, service: ledger, serviceAccounts: [bookkeeper]}
          - {namespace: shop, service: till, serviceAccounts: [cart], networks: [192.0.2.0/24]}
          - {namespace: shop, service: desk, serviceAccounts: [cart], networks: [192.0.2.0/24, '2001:db8::/32']}
          - {namespace: shop, service: desk, serviceAccounts: [pay-blue], networks: [198.51.100.7/32]}
        """);
    server = ControlServer.start(ControlServerOptions.loopback(config).withInsecure(false));
    authority = Objects.requireNonNull(server.ca()).authority();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  /** What a call ends with. */
  private static final class End<T> implements StreamObserver<T> {
    final CompletableFuture<Status> status = new CompletableFuture<>();

    @Override
    public void onNext(T answer) {
      status.complete(Status.OK);
    }

    @Override
    public void onError(Throwable failure) {
      status.complete(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      status.complete(Status.OK);
    }
  }

  private Status call(ChannelCredentials credentials, Function<ManagedChannel, End<?>> begin)
      throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder("localhost:" + server.xdsAddress().getPort(), credentials).build();
    try {
      return begin.apply(channel).status.get(20, TimeUnit.SECONDS);
    } finally {
      channel.shutdownNow();
    }
  }

  private static ChannelCredentials tls(TlsMaterial material, Set<String> pins) {
    ControlServerTls tls = new ControlServerTls(material, pins);
    return TlsChannelCredentials.newBuilder()
        .keyManager(tls.keys())
        .trustManager(tls.trust())
        .build();
  }

  private ChannelCredentials stranger() {
    return tls(new TlsMaterial(), Set.copyOf(authority.pins()));
  }

  private ChannelCredentials as(SpiffeId id, CertificateAuthority issuer) throws CaException {
    KeyPair keys = Certificates.keys();
    Issued issued = issuer.issue(id, keys.getPublic());
    TrustBundle trust = authority.trust().bundle();
    TlsMaterial material = new TlsMaterial();
    material.update(new Svid(id, issued.chain(), keys.getPrivate()), trust);
    return tls(material, Set.of());
  }

  private static End<?> discover(ManagedChannel channel, Node node) {
    End<io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse> end = new End<>();
    AggregatedDiscoveryServiceGrpc.newStub(channel)
        .streamAggregatedResources(end)
        .onNext(
            DiscoveryRequest.newBuilder()
                .setNode(node)
                .setTypeUrl(io.inmesh.server.ads.TypeUrl.CLUSTER)
                .build());
    return end;
  }

  private static Node node(String id, String namespace) {
    return Node.newBuilder()
        .setId(id)
        .setMetadata(
            Struct.newBuilder()
                .putFields("inmesh.version", Value.newBuilder().setStringValue("0.1.0").build())
                .putFields("NAMESPACE", Value.newBuilder().setStringValue(namespace).build()))
        .build();
  }

  @Test
  void stranger_withoutCertificate_mayOnlyShowAToken() throws Exception {
    Status discovery = call(stranger(), channel -> discover(channel, node("a.shop/1", "shop")));
    Status registration =
        call(
            stranger(),
            channel -> {
              End<RegisterResponse> end = new End<>();
              RegistryGrpc.newStub(channel)
                  .register(end)
                  .onNext(RegisterRequest.getDefaultInstance());
              return end;
            });
    Status trust =
        call(
            stranger(),
            channel -> {
              End<io.inmesh.wire.identity.v1.Trust> end = new End<>();
              var unused = IdentityGrpc.newStub(channel).watchTrust(end);
              return end;
            });
    Status istio =
        call(
            stranger(),
            channel -> {
              End<io.inmesh.wire.istio.v1.IstioCertificateResponse> end = new End<>();
              IstioCertificateServiceGrpc.newStub(channel)
                  .createCertificate(IstioCertificateRequest.getDefaultInstance(), end);
              return end;
            });
    for (Status status : new Status[] {discovery, registration, trust, istio}) {
      assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
      assertThat(status.getDescription()).contains("join with a token first");
    }
  }

  @Test
  void plaintext_isNotSpoken() throws Exception {
    Status status =
        call(
            InsecureChannelCredentials.create(),
            channel -> discover(channel, node("a.shop/1", "shop")));
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void certificate_ofAnotherAuthority_isRefused() throws Exception {
    CertificateAuthority foreign =
        CertificateAuthority.open(CaOptions.DEFAULTS, Optional.empty(), new TestClock());
    Status status =
        call(as(CART, foreign), channel -> discover(channel, node("cart.shop/1", "shop")));
    assertThat(status.getCode()).isIn(Status.Code.UNAUTHENTICATED, Status.Code.UNAVAILABLE);
  }

  @Test
  void node_ofAnotherNamespace_isRefused_howeverItIsSaid() throws Exception {
    ChannelCredentials cart = as(CART, authority);
    for (Node forged :
        new Node[] {
          node("cart.shop/1", "bank"),
          node("vault.bank/1", "shop"),
          Node.newBuilder().setId("vault.bank/1").build(),
          Node.newBuilder().setId("sidecar~10.0.0.1~vault.bank~bank.svc.cluster.local").build()
        }) {
      Status status = call(cart, channel -> discover(channel, forged));
      assertThat(status.getCode()).as(forged.getId()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(status.getDescription()).contains(CART.toString());
    }
    assertThat(call(cart, channel -> discover(channel, node("cart.shop/1", "shop"))).getCode())
        .isEqualTo(Status.Code.OK);
  }

  private static Node node(String id, String namespace, String cluster) {
    return node(id, namespace).toBuilder().setCluster(cluster).build();
  }

  @Test
  void node_ofAnotherServiceAccount_isRefused_howeverItIsSaid() throws Exception {
    ChannelCredentials cart = as(CART, authority);
    for (Node forged :
        new Node[] {
          node("vault.shop/1", "shop"),
          node("cart.shop/1", "shop", "vault"),
          node("vault.shop/1", "shop", "cart"),
          node("pay.shop/1", "shop"),
          node("cart.shop/1", "shop", "vault").toBuilder()
              .setMetadata(
                  Struct.newBuilder()
                      .putFields("NAMESPACE", Value.newBuilder().setStringValue("shop").build()))
              .build(),
          Node.newBuilder().setId("cart.shop/1").setCluster("vault").build(),
          Node.newBuilder()
              .setId("sidecar~10.0.0.1~cart.shop~shop.svc.cluster.local")
              .setCluster("vault")
              .setUserAgentName("envoy")
              .build()
        }) {
      Status status = call(cart, channel -> discover(channel, forged));
      assertThat(status.getCode()).as("%s", forged).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(status.getDescription()).contains(CART.toString());
    }
    SpiffeId blue = SpiffeId.of("cluster.local", "shop", "pay-blue");
    for (Node own : new Node[] {node("cart.shop/1", "shop", "cart"), node("cart.shop/1", "shop")}) {
      assertThat(call(cart, channel -> discover(channel, own)).getCode()).isEqualTo(Status.Code.OK);
    }
    assertThat(
            call(
                    as(blue, authority),
                    channel -> discover(channel, node("pay.shop/1", "shop", "pay")))
                .getCode())
        .as("bound to it")
        .isEqualTo(Status.Code.OK);
  }

  private static End<?> register(
      ManagedChannel channel, String service, Map<String, String> labels) {
    return register(channel, service, "1", "127.0.0.1", labels, new End<>());
  }

  private static End<?> register(
      ManagedChannel channel,
      String service,
      String instance,
      String address,
      Map<String, String> labels,
      End<RegisterResponse> end) {
    RegistryGrpc.newStub(channel)
        .register(end)
        .onNext(
            RegisterRequest.newBuilder()
                .setRegister(
                    Instance.newBuilder()
                        .setId(instance)
                        .setService(service)
                        .setNamespace("shop")
                        .setAddress(address)
                        .putAllLabels(labels)
                        .addPorts(
                            Port.newBuilder()
                                .setName("http")
                                .setServicePort(80)
                                .setInstancePort(8080)))
                .build());
    return end;
  }

  @Test
  void registration_asAnother_isRefused_byNameAndByLabels() throws Exception {
    ChannelCredentials cart = as(CART, authority);
    for (Map<String, String> labels :
        List.of(
            Map.of("app", "vault"),
            Map.of("tier", "safe"),
            Map.of("app", "pay"),
            Map.of("app", "till"), // its own, but not from here
            Map.of("app", "cart", "role", "books"),
            Map.of("role", "archive"))) {
      Status status = call(cart, channel -> register(channel, "cart", labels));
      assertThat(status.getCode()).as("%s", labels).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(status.getDescription()).contains(CART + " may not carry");
    }
    for (String service : List.of("vault", "pay")) {
      assertThat(call(cart, channel -> register(channel, service, Map.of())).getCode())
          .isEqualTo(Status.Code.PERMISSION_DENIED);
    }
    assertThat(call(cart, channel -> register(channel, "cart", Map.of("team", "a"))).getCode())
        .isEqualTo(Status.Code.OK);
  }

  @ParameterizedTest
  @CsvSource({
    "cart, 192.0.2.0, true",
    "cart, 192.0.2.255, true",
    "cart, 192.0.3.0, false",
    "cart, 192.0.1.255, false",
    "cart, 2001:db8:ffff::1, true",
    "cart, 2001:db9::1, false",
    "cart, ::ffff:192.0.2.1, true", // an address of version 4, written as one of version 6
    "cart, 198.51.100.7, false", // the other one's
    "pay-blue, 198.51.100.7, true",
    "pay-blue, 198.51.100.8, false",
    "pay-blue, 192.0.2.1, false",
    "pay-green, 192.0.2.1, false", // bound to another service
    "desk, 192.0.2.1, false" // the service's name is not enough once it is bound
  })
  void registration_ofABoundService_isForItsNetworksOnly(
      String account, String address, boolean admitted) throws Exception {
    SpiffeId id = SpiffeId.of("cluster.local", "shop", account);
    Status named =
        call(
            as(id, authority),
            channel -> register(channel, "desk", account, address, Map.of(), new End<>()));
    Status labelled =
        call(
            as(id, authority),
            channel ->
                register(channel, account, account, address, Map.of("app", "desk"), new End<>()));
    assertThat(named.getCode())
        .as(String.valueOf(named))
        .isEqualTo(admitted ? Status.Code.OK : Status.Code.PERMISSION_DENIED);
    if (id.equals(CART)) {
      assertThat(labelled.getCode()).isEqualTo(named.getCode());
    }
    if (!admitted) {
      assertThat(named.getDescription()).contains(id.toString(), "binds it to other");
    }
  }

  @Test
  void registration_outsideItsNetworks_saysSo() throws Exception {
    Status status = call(as(CART, authority), channel -> register(channel, "desk", Map.of()));
    assertThat(status.getDescription())
        .contains("may not register service 'desk' at 127.0.0.1", "binds it to other networks");
  }

  @Test
  void lease_ofAnotherIdentity_isNotTakenOver() throws Exception {
    SpiffeId blue = SpiffeId.of("cluster.local", "shop", "pay-blue");
    SpiffeId green = SpiffeId.of("cluster.local", "shop", "pay-green");
    Status first =
        call(
            as(blue, authority),
            channel -> {
              End<RegisterResponse> held = new End<>();
              register(channel, "pay", "one", "127.0.0.1", Map.of(), held);
              assertThat(held.status.orTimeout(20, TimeUnit.SECONDS).join().getCode())
                  .isEqualTo(Status.Code.OK);
              End<RegisterResponse> taken = new End<>();
              try {
                taken.status.complete(
                    call(
                        as(green, authority),
                        other ->
                            register(other, "pay", "one", "127.0.0.1", Map.of(), new End<>())));
              } catch (Exception e) {
                taken.status.completeExceptionally(e);
              }
              return taken;
            });
    assertThat(first.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(first.getDescription()).contains("the lease of another identity");
  }
}
