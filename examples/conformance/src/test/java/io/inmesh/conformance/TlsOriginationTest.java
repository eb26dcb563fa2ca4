package io.inmesh.conformance;

import static io.inmesh.conformance.world.Behaviour.ok;
import static io.inmesh.conformance.world.Yaml.destination;
import static io.inmesh.conformance.world.Yaml.versions;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.conformance.world.Answer;
import io.inmesh.conformance.world.Caller;
import io.inmesh.conformance.world.Instance;
import io.inmesh.conformance.world.Outsider;
import io.inmesh.conformance.world.OverEveryTransport;
import io.inmesh.conformance.world.Style;
import io.inmesh.conformance.world.Transport;
import io.inmesh.conformance.world.World;
import io.inmesh.identity.Svid;
import io.inmesh.server.config.Finding;
import io.inmesh.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;

/** ID-11: TLS to servers outside the mesh, and what TLS settings mean inside it. */
class TlsOriginationTest {
  private static final String HOST = "api.example.com";
  private static final String GET = HOST + "/shop.Orders/Get";
  private static final TestAuthority AUTHORITY = new TestAuthority();
  private static final Svid RIGHT = AUTHORITY.outsider(HOST);

  /** A text in one line of YAML. */
  private static String quoted(String text) {
    return '"' + text.replace("\n", "\\n") + '"';
  }

  private static String entry(World world, int port, String more) {
    return """
    apiVersion: networking.istio.io/v1
    kind: ServiceEntry
    metadata: {name: api}
    spec:
      hosts: [api.example.com]
      resolution: STATIC
      endpoints: [{address: 127.0.0.1}]
      ports: [{number: 80, name: api, protocol: %s, targetPort: %d}]
    %s
    """
        .formatted(
            world.transport().grpc() ? "GRPC" : "HTTP", port, more.indent(2).stripTrailing());
  }

  private static String simple(String more) {
    return destination(
        HOST,
        "tls: {mode: SIMPLE, caCertificates: %s%s}"
            .formatted(quoted(AUTHORITY.rootPem()), more.isEmpty() ? "" : ", " + more));
  }

  private static String policy(String validation) {
    return """
    apiVersion: gateway.networking.k8s.io/v1
    kind: BackendTLSPolicy
    metadata: {name: api}
    spec:
      targetRefs: [{group: networking.istio.io, kind: ServiceEntry, name: api}]
      validation: {%s}
    """
        .formatted(validation);
  }

  private static String roots(String name) {
    return """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: %s}
    data: {ca.crt: %s}
    """
        .formatted(name, quoted(AUTHORITY.rootPem()));
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC, Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void simple_rightName_isCalledWithoutShowingWhoCalls(World world) throws Exception {
    try (Outsider api = Outsider.tls(world.transport(), RIGHT, null)) {
      world.config(entry(world, api.port(), ""), simple(""));
      assertThat(world.client("web").get(GET)).isOk();
      assertThat(api.requests())
          .singleElement()
          .satisfies(
              seen -> {
                assertThat(seen.sni()).isEqualTo(HOST);
                assertThat(seen.caller()).isEmpty();
                assertThat(seen.headers()).doesNotContainKey("x-inmesh-attempt");
              });
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void simple_wildcardCertificate_isForTheHost(World world) throws Exception {
    try (Outsider api =
        Outsider.tls(world.transport(), AUTHORITY.outsider("*.example.com"), null)) {
      world.config(entry(world, api.port(), ""), simple(""));
      assertThat(world.client("web").get(GET)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void simple_wrongName_isRefused(World world) throws Exception {
    refused(world, AUTHORITY.outsider("evil.example.com"), simple(""));
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void simple_otherAuthority_isRefused(World world) throws Exception {
    refused(world, new TestAuthority().outsider(HOST), simple(""));
  }

  /** The system does not know the test's authority. */
  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void simple_withoutRoots_believesWhatTheSystemBelieves(World world) throws Exception {
    refused(world, RIGHT, destination(HOST, "tls: {mode: SIMPLE}"));
  }

  private static void refused(World world, Svid certificate, String policy) throws Exception {
    try (Outsider api = Outsider.tls(world.transport(), certificate, null)) {
      world.config(entry(world, api.port(), ""), policy);
      Answer answer = world.client("web").get(GET);
      assertThat(answer.ok()).isFalse();
      assertThat(api.requests()).isEmpty();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void failedHandshake_isNeverFollowedByPlaintext(World world) throws Exception {
    try (Outsider api = Outsider.plaintext(world.transport())) {
      world.config(
          entry(world, api.port(), ""),
          simple("")
              .replace(
                  "trafficPolicy:",
                  "trafficPolicy:\n    connectionPool: {tcp: {connectTimeout: 200ms}}"));
      Caller web = world.client("web");
      assertThat(web.get(GET, 2).failures()).hasSize(2);
      assertThat(api.requests()).isEmpty();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void sniAndNames_areAsConfigured(World world) throws Exception {
    Svid certificate = AUTHORITY.outsider("spiffe://outside/api");
    try (Outsider api = Outsider.tls(world.transport(), certificate, null)) {
      world.config(
          entry(world, api.port(), ""),
          simple("sni: edge.example.com, subjectAltNames: ['spiffe://outside/api']"));
      assertThat(world.client("web").get(GET)).isOk();
      assertThat(api.requests()).extracting(Outsider.Seen::sni).containsOnly("edge.example.com");
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void namesOfTheServiceEntry_areExpected(World world) throws Exception {
    try (Outsider api =
        Outsider.tls(world.transport(), AUTHORITY.outsider("backend.example.net"), null)) {
      world.config(entry(world, api.port(), "subjectAltNames: [backend.example.net]"), simple(""));
      assertThat(world.client("web").get(GET)).isOk();
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void backendTlsPolicy_saysWhoIsBelieved(World world) throws Exception {
    try (Outsider api = Outsider.tls(world.transport(), RIGHT, null)) {
      world.config(
          entry(world, api.port(), ""),
          roots("trusted"),
          policy(
              "hostname: api.example.com,"
                  + " caCertificateRefs: [{group: '', kind: ConfigMap, name: trusted}]"));
      Caller web = world.client("web");
      assertThat(web.get(GET)).isOk();
      assertThat(api.requests()).extracting(Outsider.Seen::sni).containsOnly(HOST);

      world.config(
          entry(world, api.port(), ""),
          roots("trusted"),
          policy(
              "hostname: other.example.com,"
                  + " caCertificateRefs: [{group: '', kind: ConfigMap, name: trusted}]"));
      assertThat(web.get(GET).ok()).as("its certificate is for another host").isFalse();
      assertThat(api.requests()).hasSize(1);
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1, Transport.GRPC})
  void rootsThatDoNotExist_failCalls_andAreReported(World world) throws Exception {
    try (Outsider api = Outsider.tls(world.transport(), RIGHT, null)) {
      List<Finding> findings =
          world.tryConfig(
              entry(world, api.port(), ""),
              policy(
                  "hostname: api.example.com,"
                      + " caCertificateRefs: [{group: '', kind: ConfigMap, name: gone}]"));
      world.expectWarning("there is no ConfigMap");
      assertThat(findings.stream().filter(Finding::isError).map(Finding::message))
          .containsExactly("there is no ConfigMap default/gone");
      assertThat(world.client("web").get(GET).ok()).isFalse();
      assertThat(api.requests()).isEmpty();
    }
  }

  /** A directory with one credential, as cert-manager and mounted secrets have it. */
  private static Path credential(String name, Svid shown) throws Exception {
    Path directory = Files.createTempDirectory("inmesh-credentials");
    Path own = Files.createDirectory(directory.resolve(name));
    Files.writeString(own.resolve("tls.crt"), pem("CERTIFICATE", shown.leaf().getEncoded()));
    Files.writeString(own.resolve("tls.key"), pem("PRIVATE KEY", shown.key().getEncoded()));
    Files.writeString(own.resolve("ca.crt"), AUTHORITY.rootPem());
    for (Path file : List.of(directory, own)) {
      file.toFile().deleteOnExit();
    }
    for (String file : List.of("tls.crt", "tls.key", "ca.crt")) {
      own.resolve(file).toFile().deleteOnExit();
    }
    return directory;
  }

  private static String pem(String what, byte[] der) {
    return "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
        .formatted(what, Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der));
  }

  @OverEveryTransport(
      only = {Transport.HTTP1, Transport.GRPC, Transport.HTTP1_MTLS, Transport.GRPC_MTLS},
      styles = Style.BLOCKING)
  void mutual_showsWhatTheApplicationHasUnderTheName(World world) throws Exception {
    TestAuthority callers = new TestAuthority();
    Path credentials = credential("partner", callers.outsider("shop.example.com"));
    try (Outsider api = Outsider.tls(world.transport(), RIGHT, callers.root())) {
      world.config(
          entry(world, api.port(), ""),
          destination(HOST, "tls: {mode: MUTUAL, credentialName: partner}"));
      Caller web = world.client("web", config -> config.credentialsDir(credentials));
      assertThat(web.get(GET)).isOk();
      assertThat(api.requests())
          .singleElement()
          .satisfies(seen -> assertThat(seen.caller()).containsExactly("shop.example.com"));
      Answer without = world.client("other").get(GET);
      assertThat(without.ok()).isFalse();
      assertThat(without.message()).contains("no credential 'partner'").contains("credentials-dir");
      assertThat(api.requests()).hasSize(1);
    }
  }

  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void istioMutual_namesWhoMayAnswer(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    Caller web = world.client("web");
    world.config(
        versions("orders"),
        destination(
            "orders",
            "tls: {mode: ISTIO_MUTUAL,"
                + " subjectAltNames: ['spiffe://cluster.local/ns/default/sa/orders']}"));
    assertThat(web.get("orders/shop.Orders/Get")).isOk();

    world.expectWarning(".*");
    world.config(
        versions("orders"),
        destination(
            "orders",
            "tls: {mode: ISTIO_MUTUAL,"
                + " subjectAltNames: ['spiffe://cluster.local/ns/default/sa/other']}"));
    assertThat(web.get("orders/shop.Orders/Get").ok()).isFalse();
    assertThat(orders.requests()).hasSize(1);
  }

  /** Plaintext, if that is what is asked for; a strict server does not serve it. */
  @OverEveryTransport(only = {Transport.HTTP1_MTLS, Transport.GRPC_MTLS})
  void disable_isPlaintext_whichAStrictServerRefuses(World world) throws Exception {
    Instance orders = world.serve("orders", ok());
    world.expectWarning(".*");
    world.config(versions("orders"), destination("orders", "tls: {mode: DISABLE}"));
    assertThat(world.client("web").get("orders/shop.Orders/Get").ok()).isFalse();
    assertThat(orders.requests()).isEmpty();
  }
}
