package io.inmesh.server.compile;

import static io.inmesh.server.compile.Instances.instance;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.HandlerRegistry;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolverRegistry;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.xds.XdsNameResolverProvider;
import io.grpc.xds.XdsServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Stock grpc-java accepts all that is sent and routes by it: its {@code xds:///} is the judge. */
class StockGrpcTest {
  private static final String CONFIG =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: orders, namespace: shop}
      spec: {selector: {app: orders}, ports: [{name: grpc, port: 9090}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders-v1, namespace: shop}
      spec: {selector: {app: orders, version: v1}, ports: [{name: grpc, port: 9090}]}
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: orders-v2, namespace: shop}
      spec: {selector: {app: orders, version: v2}, ports: [{name: grpc, port: 9090}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: {name: orders, namespace: shop}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders}]
        rules:
        - matches: [{method: {service: test.Echo}, headers: [{name: X-Canary, value: "1"}]}]
          backendRefs: [{name: orders-v2, port: 9090}]
        - matches: [{method: {service: test.Echo, method: Broken}}]
          backendRefs: [{name: nowhere, port: 9090}]
        - matches: [{method: {method: AnyService}}]
          backendRefs: [{name: orders-v2, port: 9090}]
        - filters:
          - {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: a, value: 100%}]}}
          backendRefs: [{name: orders-v1, port: 9090, weight: 1}, {name: orders-v2, port: 9090, weight: 0}]
      ---
      apiVersion: inmesh.io/v1alpha1
      kind: RoutePolicy
      metadata: {name: orders, namespace: shop}
      spec:
        targetRefs: [{group: gateway.networking.k8s.io, kind: GRPCRoute, name: orders}]
        timeout: 20s
        perTryTimeout: 5s
        retry: {attempts: 2, on: [unavailable, 5xx], backoff: {base: 10ms}}
        allowNonIdempotent: true
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: GRPCRoute
      metadata: {name: mine, namespace: web}
      spec:
        parentRefs: [{group: "", kind: Service, name: orders, namespace: shop}]
        rules: [{backendRefs: [{name: orders, namespace: shop, port: 9090}]}]
      ---
      apiVersion: v1
      kind: Service
      metadata: {name: front, namespace: shop}
      spec: {selector: {app: orders, version: v2}, ports: [{name: http, port: 80, targetPort: grpc}]}
      ---
      apiVersion: gateway.networking.k8s.io/v1
      kind: HTTPRoute
      metadata: {name: front, namespace: shop}
      spec:
        parentRefs: [{group: "", kind: Service, name: front}]
        rules:
        - matches:
          - {path: {value: /test.Echo}, headers: [{name: v, type: RegularExpression, value: "[0-9]+"}]}
          - {path: {type: RegularExpression, value: "/test[.]Echo/.*"}, method: POST}
          - {queryParams: [{name: q, value: "1"}]}
          - {path: {type: Exact, value: /x}, method: GET}
          timeouts: {request: 10s, backendRequest: 2s}
          backendRefs: [{name: front, port: 80}]
        - matches: [{path: {type: Exact, value: /seldom}}]
          backendRefs:
          - {name: front, port: 80, weight: 999}
          - {name: gone, port: 80, weight: 1}
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: partner, namespace: shop}
      spec:
        hosts: [api.partner.example]
        resolution: DNS
        ports: [{number: 80, name: http, protocol: HTTP}]
        endpoints: [{address: localhost}, {address: b.partner.example}]
      """;

  private static final AtomicInteger SCHEMES = new AtomicInteger();

  private final List<XdsNameResolverProvider> resolvers = new ArrayList<>();
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final Map<String, Server> backends = new HashMap<>();
  private @Nullable ServedMesh mesh;

  @BeforeEach
  void start() throws IOException {
    for (String version : List.of("v1", "v2")) {
      backends.put(
          version,
          Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
              .fallbackHandlerRegistry(new Answering(version))
              .build()
              .start());
    }
    mesh = new ServedMesh();
    mesh.serve(CONFIG, backend("v1"), backend("v2"));
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (ManagedChannel channel : channels) {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
    resolvers.forEach(NameResolverRegistry.getDefaultRegistry()::deregister);
    for (Server server : backends.values()) {
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
    mesh().close();
  }

  @Test
  void grpcRoute_isFollowed() throws InterruptedException {
    ManagedChannel orders = channel("shop", "orders.shop.svc.cluster.local:9090");

    assertThat(call(orders, "test.Echo/Get", null)).isEqualTo("v1 /test.Echo/Get");
    assertThat(call(orders, "test.Echo/Get", "1")).isEqualTo("v2 /test.Echo/Get");
    assertThat(call(orders, "any.Thing/AnyService", null)).isEqualTo("v2 /any.Thing/AnyService");
    assertThat(failure(orders, "test.Echo/Broken").getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    mesh().assertAccepted();
  }

  @Test
  void httpRoute_isFollowedByGrpcAsFarAsItCan() throws InterruptedException {
    ManagedChannel front = channel("shop", "front.shop.svc.cluster.local:80");

    assertThat(call(front, "test.Echo/Get", null)).isEqualTo("v2 /test.Echo/Get");
    assertThat(failure(front, "other.Echo/Get").getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    mesh().assertAccepted();
  }

  @Test
  void consumerRoute_replacesTheProducersForItsNamespace() throws InterruptedException {
    ManagedChannel orders = channel("web", "orders.shop.svc.cluster.local:9090");

    assertThat(call(orders, "test.Echo/Broken", null)).endsWith("/test.Echo/Broken");
    mesh().assertAccepted();
  }

  @Test
  void changesOfRouteAndInstances_areFollowed_withoutAFailedCall() throws InterruptedException {
    ManagedChannel orders = channel("shop", "orders.shop.svc.cluster.local:9090");
    assertThat(versions(orders)).containsOnly("v1");
    mesh()
        .serve(
            CONFIG
                .replace("orders-v1, port: 9090, weight: 1", "orders-v1, port: 9090, weight: 0")
                .replace("orders-v2, port: 9090, weight: 0", "orders-v2, port: 9090, weight: 1"),
            backend("v1"),
            backend("v2"));
    await(() -> versions(orders).equals(Set.of("v2")));

    ManagedChannel balanced = channel("web", "orders.shop.svc.cluster.local:9090");
    await(() -> versions(balanced).equals(Set.of("v1", "v2")));
    mesh().serve(CONFIG, backend("v1"));
    await(() -> versions(balanced).equals(Set.of("v1")));
    mesh().assertAccepted();
  }

  /** Who answers twenty calls. */
  private static Set<String> versions(ManagedChannel channel) {
    Set<String> versions = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      versions.add(call(channel, "test.Echo/Get", null).substring(0, 2));
    }
    return versions;
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(end);
    }
  }

  @Test
  void dnsService_ofSeveralNames_isReachedByTheFirst() throws InterruptedException {
    ManagedChannel partner = channel("shop", "api.partner.example:80");
    // Nothing listens there: what counts is that the configuration was accepted.
    assertThat(failure(partner, "a.B/C").getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    mesh().assertAccepted();
  }

  @Test
  void everyListener_isAccepted() throws InterruptedException {
    for (String name :
        List.of("orders-v1.shop.svc.cluster.local:9090", "orders-v2.shop.svc.cluster.local:9090")) {
      assertThat(call(channel("shop", name), "a.B/C", null)).endsWith("/a.B/C");
    }
    mesh().assertAccepted();
  }

  @Test
  void xdsServer_servesOnARegisteredPort() throws Exception {
    int port = freePort();
    mesh()
        .serve(
            "", instance("shop", "served", "a").at("127.0.0.1").port("grpc", "grpc", 9090, port));

    Server server =
        XdsServerBuilder.forPort(port, InsecureServerCredentials.create())
            .overrideBootstrapForTest(bootstrap("shop"))
            .fallbackHandlerRegistry(new Answering("served"))
            .build()
            .start();
    try {
      ManagedChannel channel = channel("shop", "served.shop.svc.cluster.local:9090");
      assertThat(call(channel, "a.B/C", null)).isEqualTo("served /a.B/C");
      mesh().assertAccepted();
    } finally {
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void authorizationPolicies_areEnforcedByAStockServer() throws Exception {
    decides(
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: p, namespace: shop}
        spec:
          rules:
          - to: [{operation: {paths: ["/a.B/{*}"], hosts: ["127.0.0.1", served], methods: [POST]}}]
            from: [{source: {ipBlocks: [127.0.0.0/8], notPrincipals: ["*"], notNamespaces: [x]}}]
        """,
        true,
        false);
  }

  @Test
  void whatStockServersCannotEnforce_closesThem() throws Exception {
    decides(
        """
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: p, namespace: shop}
        spec: {jwtRules: [{issuer: i, jwksUri: "https://issuer/keys"}]}
        """,
        false,
        false);
  }

  /** Whether a stock server answers a.B/C, and another service's method. */
  private void decides(String policy, boolean one, boolean other) throws Exception {
    int port = freePort();
    mesh()
        .serve(
            policy,
            instance("shop", "served", "a").at("127.0.0.1").port("grpc", "grpc", 9090, port));
    Server server =
        XdsServerBuilder.forPort(port, InsecureServerCredentials.create())
            .overrideBootstrapForTest(bootstrap("shop"))
            .fallbackHandlerRegistry(new Answering("served"))
            .build()
            .start();
    try {
      ManagedChannel channel =
          Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build();
      channels.add(channel);
      assertThat(answers(channel, "a.B/C")).isEqualTo(one);
      assertThat(answers(channel, "x.Y/Z")).isEqualTo(other);
      mesh().assertAccepted();
    } finally {
      server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static boolean answers(ManagedChannel channel, String method) {
    try {
      return !call(channel, method, null).isEmpty();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      return false;
    }
  }

  private Instances backend(String version) {
    Server server = Objects.requireNonNull(backends.get(version));
    return instance("shop", "orders", version)
        .at("127.0.0.1")
        .version(version)
        .in("eu", version)
        .port("grpc", "grpc", 9090, server.getPort());
  }

  private ServedMesh mesh() {
    return Objects.requireNonNull(mesh);
  }

  private Map<String, ?> bootstrap(String namespace) {
    return Map.of(
        "xds_servers",
        List.of(
            Map.of(
                "server_uri",
                mesh().target(),
                "channel_creds",
                List.of(Map.of("type", "insecure")),
                "server_features",
                List.of("xds_v3"))),
        "node",
        Map.of("id", "caller." + namespace + "/1"),
        "server_listener_resource_name_template",
        "grpc/server?xds.resource.listening_address=%s");
  }

  private ManagedChannel channel(String namespace, String target) {
    String scheme = "xds" + SCHEMES.incrementAndGet();
    XdsNameResolverProvider resolver =
        XdsNameResolverProvider.createForTest(scheme, bootstrap(namespace));
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    resolvers.add(resolver);
    ManagedChannel channel =
        Grpc.newChannelBuilder(scheme + ":///" + target, InsecureChannelCredentials.create())
            .build();
    channels.add(channel);
    return channel;
  }

  private static String call(ManagedChannel channel, String method, @Nullable String canary) {
    Metadata headers = new Metadata();
    if (canary != null) {
      headers.put(Metadata.Key.of("x-canary", Metadata.ASCII_STRING_MARSHALLER), canary);
    }
    return ClientCalls.blockingUnaryCall(
        io.grpc.ClientInterceptors.intercept(
            channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
        method(method),
        CallOptions.DEFAULT.withDeadlineAfter(30, TimeUnit.SECONDS),
        "");
  }

  private static Status failure(ManagedChannel channel, String method) {
    try {
      throw new AssertionError("answered: " + call(channel, method, null));
    } catch (StatusRuntimeException e) {
      return e.getStatus();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static MethodDescriptor<String, String> method(String name) {
    return MethodDescriptor.<String, String>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName(name)
        .setRequestMarshaller(Text.INSTANCE)
        .setResponseMarshaller(Text.INSTANCE)
        .build();
  }

  /** Answers any method with its own name and the method's. */
  private static final class Answering extends HandlerRegistry {
    private final String name;

    Answering(String name) {
      this.name = name;
    }

    @Override
    public ServerMethodDefinition<String, String> lookupMethod(
        String methodName, @Nullable String authority) {
      return ServerMethodDefinition.create(
          method(methodName),
          ServerCalls.asyncUnaryCall(
              (request, responses) -> {
                responses.onNext(name + " /" + methodName);
                responses.onCompleted();
              }));
    }
  }

  private enum Text implements MethodDescriptor.Marshaller<String> {
    INSTANCE;

    @Override
    public InputStream stream(String value) {
      return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String parse(InputStream stream) {
      try {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
