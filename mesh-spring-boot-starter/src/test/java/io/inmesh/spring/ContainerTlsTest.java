package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.MeshPeer;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;

/** Tomcat and Netty, secured with the mesh's identity, among real processes. */
class ContainerTlsTest {
  private enum Container {
    TOMCAT(WebApplicationType.SERVLET),
    NETTY(WebApplicationType.REACTIVE);

    private final WebApplicationType type;

    Container(WebApplicationType type) {
      this.type = type;
    }
  }

  @TempDir static Path directory;
  private static @Nullable ControlServer control;

  @SpringBootConfiguration
  @EnableAutoConfiguration
  static class Application {
    /** Its own, because shared ones end with the first application that does. */
    @Bean
    ReactorResourceFactory reactorResources() {
      ReactorResourceFactory resources = new ReactorResourceFactory();
      resources.setUseGlobalResources(false);
      return resources;
    }

    @Bean
    Handler handler() {
      return new Handler();
    }
  }

  @RestController
  static class Handler {
    @GetMapping({"/who", "/admin", "/open"})
    String who(@Nullable MeshPeer peer, UriComponentsBuilder here) {
      return here.build().getScheme() + " caller " + (peer == null ? "nobody" : peer.spiffeId());
    }
  }

  @BeforeAll
  static void begin() throws Exception {
    Path config = Files.createDirectory(directory.resolve("config"));
    Files.writeString(
        config.resolve("policy.yaml"),
        """
        apiVersion: security.istio.io/v1
        kind: AuthorizationPolicy
        metadata: {name: callers}
        spec:
          rules:
          - from: [{source: {principals: [cluster.local/ns/default/sa/web]}}]
            to: [{operation: {paths: [/who]}}]
          - to: [{operation: {paths: [/open]}}]
        ---
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: open}
        spec: {selector: {matchLabels: {app: open}}, mtls: {mode: PERMISSIVE}}
        ---
        apiVersion: inmesh.io/v1alpha1
        kind: MeshDefaults
        metadata: {name: default}
        spec: {meshMTLS: {minProtocolVersion: TLSV1_3}}
        """);
    control =
        ControlServer.start(
            ControlServerOptions.loopback(config)
                .withState(Files.createDirectory(directory.resolve("state")))
                .withInsecure(false));
  }

  @AfterAll
  static void end() {
    control().close();
  }

  private static ControlServer control() {
    return Objects.requireNonNull(control);
  }

  private static String address() {
    return "127.0.0.1:" + control().xdsAddress().getPort();
  }

  private static String token(String service) throws Exception {
    return Objects.requireNonNull(control().ca())
        .joinToken("default", service, 1, Duration.ofMinutes(5));
  }

  private static ConfigurableApplicationContext run(Container container, String service)
      throws Exception {
    return new SpringApplicationBuilder(Application.class)
        .web(container.type)
        .properties(
            "server.port=0",
            "server.address=127.0.0.1",
            "spring.application.name=" + service,
            "spring.main.banner-mode=off",
            "logging.level.root=warn",
            "inmesh.control-server=" + address(),
            "inmesh.token=" + token(service))
        .run();
  }

  private static Mesh join(String service) throws Exception {
    return MeshConfig.builder()
        .controlServer(address())
        .service(service)
        .token(token(service))
        .start();
  }

  @ParameterizedTest
  @EnumSource
  void container_servesTheMesh_andKnowsItsCallers(Container container) throws Exception {
    String service = container.name().toLowerCase(java.util.Locale.ROOT);
    try (ConfigurableApplicationContext application = run(container, service);
        Mesh web = join("web");
        Mesh other = join("other");
        MeshHttpClient http = MeshHttpClient.create(web);
        MeshHttpClient strange = MeshHttpClient.create(other)) {
      await(http, "http://" + service + "/who");
      assertThat(get(http, "http://" + service + "/who"))
          .isEqualTo("200 https caller spiffe://cluster.local/ns/default/sa/web");
      assertThat(get(http, "http://" + service + "/admin")).startsWith("403");
      assertThat(get(strange, "http://" + service + "/who")).startsWith("403");
      int port =
          application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      assertThat(withoutCertificate(port)).contains(" 403").doesNotContain("caller");
      assertThat(as(web, "TLSv1.3", port)).contains(" 200").contains("sa/web");
      assertThat(as(web, "TLSv1.2", port)).doesNotContain(" 200").doesNotContain("caller");
      assertThat(inPlaintext(port)).doesNotContain(" 200").doesNotContain("caller");
    }
  }

  @ParameterizedTest
  @EnumSource
  void permissivePort_servesPlaintextToo(Container container) throws Exception {
    try (ConfigurableApplicationContext application = run(container, "open");
        Mesh web = join("web");
        MeshHttpClient http = MeshHttpClient.create(web)) {
      await(http, "http://open/who");
      int port =
          application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
      assertThat(inPlaintext(port, "/open")).contains(" 200").endsWith("http caller null");
      assertThat(inPlaintext(port, "/who")).contains(" 403").doesNotContain("caller");
      assertThat(get(http, "http://open/who"))
          .as("mutual TLS on the same port")
          .isEqualTo("200 https caller spiffe://cluster.local/ns/default/sa/web");
      assertThat(withoutCertificate(port)).contains(" 403").doesNotContain("caller");
      assertThat(inPlaintext(port, "/open")).contains(" 200"); // where channels are used again
    }
  }

  private static void await(MeshHttpClient http, String uri) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (System.nanoTime() < end) {
      try {
        if (get(http, uri).startsWith("200")) {
          return;
        }
      } catch (IOException e) {
        // Not registered, or not secured yet.
      }
      Thread.sleep(20);
    }
  }

  private static String get(MeshHttpClient http, String uri)
      throws IOException, InterruptedException {
    var response =
        http.send(
            HttpRequest.newBuilder(URI.create(uri)).timeout(Duration.ofSeconds(10)).build(),
            BodyHandlers.ofString());
    return response.statusCode() + " " + response.body();
  }

  private static String exchange(Socket socket) throws IOException {
    return exchange(socket, "/who");
  }

  private static String exchange(Socket socket, String path) throws IOException {
    String request =
        String.join(
            "\r\n",
            "GET " + path + " HTTP/1.1",
            "Host: x",
            "X-Forwarded-Client-Cert: URI=spiffe://cluster.local/ns/default/sa/web",
            "Connection: close",
            "",
            "");
    socket.setSoTimeout(30_000);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  private static String inPlaintext(int port) {
    return inPlaintext(port, "/who");
  }

  private static String inPlaintext(int port, String path) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return exchange(socket, path);
    } catch (IOException e) {
      return "";
    }
  }

  private static String withoutCertificate(int port) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Anybody()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      return exchange(socket);
    }
  }

  /** By a program with a process's identity that speaks one version of TLS. */
  private static String as(Mesh mesh, String version, int port) throws Exception {
    var own = Objects.requireNonNull(mesh.inbound(9).tls().generation());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setEnabledProtocols(new String[] {version});
      return exchange(socket);
    } catch (IOException e) {
      return "";
    }
  }

  private static final class Anybody extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
