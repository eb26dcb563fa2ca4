package io.inmesh.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.model.Locality;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.propagation.ContextPropagators;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.http.client.ClientHttpRequestFactoryBuilder;
import org.springframework.boot.http.client.autoconfigure.imperative.ImperativeHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.http.client.ClientHttpRequestFactory;

/** Which beans there are, and what the properties mean. Nothing listens at the control server. */
class MeshAutoConfigurationTest {
  private final ApplicationContextRunner context =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  MeshAutoConfiguration.class, ImperativeHttpClientAutoConfiguration.class));
  private final ApplicationContextRunner joined =
      context.withPropertyValues(
          "inmesh.control-server=127.0.0.1:1",
          "inmesh.insecure=true",
          "spring.application.name=web");

  @Test
  void customizers_andTelemetryOfTheApplication_reachTheMesh() {
    OpenTelemetry telemetry = OpenTelemetry.propagating(ContextPropagators.noop());
    MeshConfigCustomizer customizer =
        config -> config.hashKey("tenant", request -> request.path()).version("v9");
    joined
        .withPropertyValues("inmesh.version=v1")
        .withBean(OpenTelemetry.class, () -> telemetry)
        .withBean(MeshConfigCustomizer.class, () -> customizer)
        .run(
            started -> {
              MeshConfig config = started.getBean(Mesh.class).config();
              assertThat(config.openTelemetry()).isSameAs(telemetry);
              assertThat(config.hashKeys()).containsOnlyKeys("tenant");
              assertThat(config.version()).isEqualTo("v9");
            });
  }

  @Test
  void properties_becomeTheSettings(@TempDir Path credentials) {
    joined
        .withPropertyValues(
            "inmesh.service=front",
            "inmesh.namespace=shop",
            "inmesh.version=v7",
            "inmesh.instance=front-1",
            "inmesh.address=10.0.0.7",
            "inmesh.labels.team=checkout",
            "inmesh.labels[example.com/tier]=one",
            "inmesh.locality=eu/a/1",
            "inmesh.weight=3",
            "inmesh.token=secret",
            "inmesh.token-file=/run/token",
            "inmesh.kubernetes-token-file=/run/kube",
            "inmesh.oidc-token-file=/run/oidc",
            "inmesh.identity-dir=/run/identity",
            "inmesh.credentials-dir=" + credentials,
            "inmesh.workload-api=unix:///run/spire.sock",
            "inmesh.root-pins=" + "0f".repeat(32),
            "inmesh.state-dir=/tmp/state",
            "inmesh.domain-suffix=mesh.example",
            "inmesh.dependencies=orders,grpc://users:9000",
            "inmesh.mesh-hosts=legacy.example",
            "inmesh.outbound-traffic-policy=allow-any",
            "inmesh.ready-timeout=3s",
            "inmesh.drain-timeout=700ms")
        .run(
            started -> {
              MeshConfig config = started.getBean(Mesh.class).config();
              assertThat(config.controlServer()).isEqualTo("127.0.0.1:1");
              assertThat(config.service()).isEqualTo("front");
              assertThat(config.namespace()).isEqualTo("shop");
              assertThat(config.version()).isEqualTo("v7");
              assertThat(config.instance()).isEqualTo("front-1");
              assertThat(config.address()).isEqualTo("10.0.0.7");
              assertThat(config.labels())
                  .containsAllEntriesOf(Map.of("team", "checkout", "example.com/tier", "one"));
              assertThat(config.locality()).isEqualTo(new Locality("eu", "a", "1"));
              assertThat(config.weight()).isEqualTo(3);
              assertThat(config.insecure()).isTrue();
              assertThat(config.token()).isEqualTo("secret");
              assertThat(config.tokenFile()).isEqualTo(Path.of("/run/token"));
              assertThat(config.kubernetesTokenFile()).isEqualTo(Path.of("/run/kube"));
              assertThat(config.oidcTokenFile()).isEqualTo(Path.of("/run/oidc"));
              assertThat(config.identityDir()).isEqualTo(Path.of("/run/identity"));
              assertThat(config.credentialsDir()).isEqualTo(credentials);
              assertThat(config.workloadApi()).isEqualTo("unix:///run/spire.sock");
              assertThat(config.rootPins()).containsExactly("0f".repeat(32));
              assertThat(config.stateDir()).isEqualTo(Path.of("/tmp/state"));
              assertThat(config.domainSuffix()).isEqualTo("mesh.example");
              assertThat(config.dependencies())
                  .containsExactlyInAnyOrder("orders", "grpc://users:9000");
              assertThat(config.meshHosts()).containsExactly("legacy.example");
              assertThat(config.outboundTrafficPolicy())
                  .isEqualTo(MeshConfig.OutboundTrafficPolicy.ALLOW_ANY);
              assertThat(config.readyTimeout()).isEqualTo(Duration.ofSeconds(3));
              assertThat(config.drainTimeout()).isEqualTo(Duration.ofMillis(700));
            });
  }

  @Test
  void serviceName_isTheApplicationsByDefault() {
    joined.run(
        started -> assertThat(started.getBean(Mesh.class).config().service()).isEqualTo("web"));
  }

  @Test
  void switchedOff_changesNothing() {
    context
        .withPropertyValues("inmesh.enabled=false")
        .run(
            started -> {
              assertThat(started).hasNotFailed().doesNotHaveBean(Mesh.class);
              assertThat(started).doesNotHaveBean(MeshHttpClient.class);
              assertThat(factory(started.getBean(ClientHttpRequestFactoryBuilder.class)))
                  .isNotInstanceOf(MeshRequestFactory.class);
            });
  }

  @Test
  void outboundSwitchedOff_leavesTheClientsAlone() {
    joined
        .withPropertyValues("inmesh.outbound.enabled=false")
        .run(
            started -> {
              assertThat(started).hasSingleBean(Mesh.class).doesNotHaveBean(MeshHttpClient.class);
              assertThat(factory(started.getBean(ClientHttpRequestFactoryBuilder.class)))
                  .isNotInstanceOf(MeshRequestFactory.class);
            });
  }

  @Test
  void registrationSwitchedOff_registersNothing() {
    joined
        .withPropertyValues("inmesh.registration.enabled=false")
        .run(started -> assertThat(started).doesNotHaveBean(MeshRegistration.class));
  }

  @Test
  void ownMesh_isUsed() {
    Mesh own =
        MeshConfig.builder().controlServer("127.0.0.1:1").service("own").insecure(true).start();
    context
        .withBean(Mesh.class, () -> own)
        .run(started -> assertThat(started.getBean(Mesh.class)).isSameAs(own));
  }

  @Test
  void clients_goThroughTheMesh() {
    joined.run(
        started ->
            assertThat(factory(started.getBean(ClientHttpRequestFactoryBuilder.class)))
                .isInstanceOf(MeshRequestFactory.class));
  }

  private static ClientHttpRequestFactory factory(ClientHttpRequestFactoryBuilder<?> builder) {
    return builder.build();
  }

  @Test
  void missingControlServer_failsWithWhatToDo() {
    context
        .withPropertyValues("inmesh.insecure=true", "spring.application.name=web")
        .run(
            failed ->
                assertThat(analysis(failed.getStartupFailure()))
                    .startsWith("The application cannot join the mesh: control-server is not set")
                    .contains("inmesh.enabled=false"));
  }

  @Test
  void wrongControlServer_failsWithWhatWasExpected() {
    joined
        .withPropertyValues("inmesh.control-server=http://control:15010")
        .run(
            failed ->
                assertThat(analysis(failed.getStartupFailure()))
                    .contains("http://control:15010", "host:port without a scheme"));
  }

  private static String analysis(@Nullable Throwable failure) {
    FailureAnalysis analysis =
        Objects.requireNonNull(
            new MeshSettingsFailureAnalyzer().analyze(Objects.requireNonNull(failure)));
    return analysis.getDescription() + "\n" + analysis.getAction();
  }

  @Test
  void unreachableControlServer_startsAnyway_andHealthSaysWhy() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      free = socket.getLocalPort();
    }
    joined
        .withPropertyValues("inmesh.control-server=127.0.0.1:" + free)
        .run(
            started -> {
              HealthIndicator health = started.getBean(HealthIndicator.class);
              Shop.await("the failure is known", () -> because(health).contains("nothing listens"));
              assertThat(Objects.requireNonNull(health.health()).getStatus())
                  .isEqualTo(Status.OUT_OF_SERVICE);
              assertThat(because(health)).contains("127.0.0.1:" + free);
            });
  }

  private static String because(HealthIndicator indicator) {
    Health health = Objects.requireNonNull(indicator.health());
    return String.valueOf(health.getDetails().get("because"));
  }

  @Test
  void analyzer_isRegistered() throws IOException {
    Properties factories = new Properties();
    for (URL file :
        Collections.list(getClass().getClassLoader().getResources("META-INF/spring.factories"))) {
      Properties one = new Properties();
      try (InputStream in = file.openStream()) {
        one.load(in);
      }
      one.forEach((type, names) -> factories.merge(type, names, (a, b) -> a + "," + b));
    }
    assertThat(factories.getProperty(FailureAnalyzer.class.getName()))
        .contains(MeshSettingsFailureAnalyzer.class.getName());
  }
}
