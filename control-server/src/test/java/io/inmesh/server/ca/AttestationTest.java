package io.inmesh.server.ca;

import static io.inmesh.server.Eventually.await;
import static io.inmesh.server.Eventually.awaitUnready;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.ServicePort;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.filter.jwt.HttpKeyFetcher;
import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.config.AttestationSpec;
import io.inmesh.server.config.AttestationSpec.Kubernetes;
import io.inmesh.server.config.AttestationSpec.Oidc;
import io.inmesh.server.config.AttestationSpec.OidcIdentity;
import io.inmesh.server.config.AttestationSpec.Source;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes join with tokens of others: by a real control server, and what is refused. */
class AttestationTest {
  private static final String GOOD = "system:serviceaccount:shop:cart";

  @TempDir Path dir;
  private FakeApiServer api;
  private FakeIssuer issuer;
  private final ThreadControlLoop loop = new ThreadControlLoop("attestation-test");
  private final ExecutorService blocking = Executors.newCachedThreadPool();

  @BeforeEach
  void start() throws Exception {
    api = new FakeApiServer(dir);
    issuer = new FakeIssuer();
  }

  @AfterEach
  void stop() {
    loop.close();
    blocking.shutdownNow();
    issuer.close();
    api.close();
  }

  private ControlServer server() throws Exception {
    Path config = Files.createDirectory(dir.resolve("config"));
    Files.writeString(
        config.resolve("mesh.yaml"),
        """
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: default}
        spec:
          attestation:
            kubernetes: {namespaces: [shop]}
            oidc:
            - issuer: %s
              audiences: [inmesh]
              identities:
              - {claims: {repository: shop/cart}, namespace: shop, serviceAccount: cart}
        """
            .formatted(issuer.url()));
    ControlServer server =
        ControlServer.start(
            ControlServerOptions.loopback(config)
                .withInsecure(false)
                .withState(dir.resolve("state"))
                .withKubernetes(api.api()));
    assertThat(server.findings()).noneMatch(finding -> finding.isError());
    return server;
  }

  private static MeshConfig.Builder config(ControlServer server) {
    return MeshConfig.builder()
        .controlServer("localhost:" + server.xdsAddress().getPort())
        .service("cart")
        .namespace("shop")
        .rootPins(Objects.requireNonNull(server.ca()).authority().pins());
  }

  private static void registersAsCart(ControlServer server, Mesh mesh) throws Exception {
    mesh.register(ServicePort.http(8080))
        .whenRegistered()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    // What the server shows follows the answer a moment later.
    await(() -> server.registrations().instances().findAny().isPresent());
    assertThat(server.registrations().instances())
        .singleElement()
        .matches(
            known -> known.instance().identity().equals("spiffe://cluster.local/ns/shop/sa/cart"));
  }

  @Test
  void kubernetes_projectedToken_joinsAsItsServiceAccount_readAnewEachTime() throws Exception {
    api.confirm("fresh-token", GOOD);
    api.review("stale-token", 201, "{\"status\":{\"error\":\"token has expired\"}}");
    Path token = Files.writeString(dir.resolve("projected"), "stale-token");
    try (ControlServer server = server();
        Mesh mesh = Mesh.start(config(server).kubernetesTokenFile(token).build())) {
      awaitUnready(mesh, "the Kubernetes token is not accepted");
      Files.writeString(token, "fresh-token\n");
      registersAsCart(server, mesh);
      assertThat(Files.readString(dir.resolve("state").resolve("audit.log")))
          .contains("token has expired", "\"method\":\"kubernetes_token\"")
          .doesNotContain("stale-token", "fresh-token", "of-the-control-server");
    }
  }

  @Test
  void oidc_tokenOfANamedIssuer_joinsAsItsClaimsSay() throws Exception {
    String token = issuer.token(claims("inmesh", 300, "shop/cart"));
    Path file = Files.writeString(dir.resolve("projected"), token);
    try (ControlServer server = server();
        Mesh mesh = Mesh.start(config(server).oidcTokenFile(file).build())) {
      registersAsCart(server, mesh);
      assertThat(Files.readString(dir.resolve("state").resolve("audit.log")))
          .doesNotContain(token.substring(token.lastIndexOf('.')));
    }
  }

  private String claims(String audience, long seconds, String repository) {
    return "{\"iss\":\""
        + issuer.url()
        + "\",\"aud\":\""
        + audience
        + "\",\"exp\":"
        + Instant.now().plusSeconds(seconds).getEpochSecond()
        + ",\"repository\":\""
        + repository
        + "\",\"kubernetes.io\":{\"namespace\":\"shop\"}}";
  }

  /** Who it is, or why not: the reason for the audit log after what the caller is told. */
  private static String judged(Attestation.TokenReview review, String token) throws Exception {
    try {
      return review.review(token).toCompletableFuture().get(20, TimeUnit.SECONDS).toString();
    } catch (java.util.concurrent.ExecutionException e) {
      Throwable cause = e.getCause() instanceof CompletionException c ? c.getCause() : e.getCause();
      CaException why = (CaException) Objects.requireNonNull(cause);
      return why.status().getCode() + " " + why.getMessage() + ": " + why.detail();
    }
  }

  private KubernetesTokens kubernetes(KubernetesApi reached) {
    AttestationSpec spec =
        new AttestationSpec(new Kubernetes("inmesh", List.of("shop")), List.of());
    return new KubernetesTokens(reached, () -> spec, "cluster.local");
  }

  @Test
  void kubernetes_whatTheApiServerDoesNotConfirm_isRefusedWithTheReason() throws Exception {
    KubernetesTokens reviews = kubernetes(api.api());
    api.confirm("good", GOOD);
    assertThat(judged(reviews, "good")).isEqualTo("spiffe://cluster.local/ns/shop/sa/cart");
    api.confirm("person", "jane");
    assertThat(judged(reviews, "person")).startsWith("UNAUTHENTICATED").contains("'jane' is no");
    api.confirm("foreign", "system:serviceaccount:bank:vault");
    assertThat(judged(reviews, "foreign")).contains("namespace 'bank' may not join");
    api.review("deaf", 201, "{\"status\":{\"authenticated\":true}}");
    assertThat(judged(reviews, "deaf")).contains("not for audience 'inmesh'");
    api.review("forbidden", 403, "{}");
    assertThat(judged(reviews, "forbidden"))
        .startsWith("UNAVAILABLE")
        .contains("answered 403", "create tokenreviews");
    api.review("garbage", 201, "[");
    assertThat(judged(reviews, "garbage")).startsWith("UNAVAILABLE").contains("JSON");
  }

  @Test
  void kubernetes_apiServerOfAnotherAuthority_isNotShownTheToken() throws Exception {
    api.confirm("good", GOOD);
    Path foreign =
        Files.writeString(
            dir.resolve("foreign.crt"),
            Pem.write(
                List.of(
                    Certificates.root(
                        "x", Certificates.keys(), Instant.now(), Duration.ofDays(1)))));
    KubernetesApi forged = new KubernetesApi(api.api().server(), foreign, api.api().token());
    assertThat(judged(kubernetes(forged), "good")).startsWith("UNAVAILABLE").contains("PKIX");
    KubernetesApi unmounted =
        new KubernetesApi(api.api().server(), dir.resolve("none"), api.api().token());
    assertThat(judged(kubernetes(unmounted), "good")).contains("NoSuchFileException");
  }

  @Test
  void kubernetes_notAccepted_isNotAskedAbout() throws Exception {
    KubernetesTokens none = new KubernetesTokens(api.api(), () -> AttestationSpec.NONE, "x");
    assertThat(judged(none, "good")).contains("MeshDefaults accepts no tokens of Kubernetes");
  }

  private OidcTokens oidc(boolean loopback, String jwksUri, OidcIdentity... identities) {
    AttestationSpec spec =
        new AttestationSpec(
            null, List.of(new Oidc(issuer.url(), List.of("inmesh"), jwksUri, List.of(identities))));
    return new OidcTokens(
        () -> spec, "cluster.local", new HttpKeyFetcher(loopback, blocking), loop);
  }

  private static final OidcIdentity CART =
      new OidcIdentity(
          Map.of("repository", "shop/cart"),
          new Source.Claim("/kubernetes.io/namespace"),
          new Source.Fixed("cart"));

  @Test
  void oidc_table_ofWhatIsRefused() throws Exception {
    OidcTokens tokens = oidc(true, issuer.url() + "/keys", CART);
    String good = claims("inmesh", 300, "shop/cart");
    assertThat(judged(tokens, issuer.token(good)))
        .isEqualTo("spiffe://cluster.local/ns/shop/sa/cart");
    assertThat(judged(tokens, issuer.token(claims("others", 300, "shop/cart"))))
        .startsWith("UNAUTHENTICATED the OpenID Connect token is not accepted")
        .contains("Audiences");
    assertThat(judged(tokens, issuer.token(claims("inmesh", -300, "shop/cart"))))
        .contains("expired");
    assertThat(judged(tokens, issuer.token(claims("inmesh", 300, "evil/fork"))))
        .contains("no identity is for a token with these claims");
    assertThat(judged(tokens, issuer.token(good.replace(issuer.url(), "https://evil.example"))))
        .contains("issuer is not one that MeshDefaults names");
    assertThat(judged(tokens, FakeIssuer.token(good, Certificates.keys())))
        .contains("verification fails");
    assertThat(
            judged(
                tokens,
                FakeIssuer.base64("{\"alg\":\"none\"}") + "." + FakeIssuer.base64(good) + "."))
        .startsWith("UNAUTHENTICATED");
    assertThat(judged(tokens, "nonsense")).startsWith("UNAUTHENTICATED");
  }

  @Test
  void oidc_keysOnThisHostOrNamedByAnotherIssuer_areNotFetched() throws Exception {
    String token = issuer.token(claims("inmesh", 300, "shop/cart"));
    assertThat(judged(oidc(false, "", CART), token)).contains("Jwks is not available");
    issuer.describe("https://evil.example", issuer.url() + "/keys");
    assertThat(judged(oidc(true, "", CART), token)).contains("Jwks is not available");
    issuer.describe(issuer.url(), "http://127.0.0.1:1/keys");
    assertThat(judged(oidc(true, "", CART), token)).contains("Jwks is not available");
    issuer.describe(issuer.url(), issuer.url() + "/keys");
    assertThat(judged(oidc(true, "", CART), token)).startsWith("spiffe://");
  }

  @Test
  void identity_ofTheMeshItself_isNobodys() throws Exception {
    Attestation attestation =
        new Attestation(
            token ->
                java.util.concurrent.CompletableFuture.completedStage(
                    SpiffeId.of("cluster.local", SpiffeId.SYSTEM_NAMESPACE, "control-server")),
            token -> Attestation.refused(new CaException("no")));
    assertThatThrownBy(
            () ->
                attestation
                    .identify(
                        io.inmesh.wire.identity.v1.AttestRequest.newBuilder()
                            .setKubernetesToken("t")
                            .build())
                    .toCompletableFuture()
                    .get())
        .hasMessageContaining("is the mesh's own");
  }

  @Test
  void reviewsThatBreakOff_leaveRoomForOthers() {
    Attestation attestation =
        new Attestation(
            token -> {
              throw new IllegalStateException("broken");
            },
            token -> Attestation.refused(new CaException("no")));
    var request =
        io.inmesh.wire.identity.v1.AttestRequest.newBuilder().setKubernetesToken("t").build();
    for (int i = 0; i < 300; i++) {
      assertThatThrownBy(() -> attestation.identify(request).toCompletableFuture().get())
          .hasMessageContaining("broken");
    }
  }
}
