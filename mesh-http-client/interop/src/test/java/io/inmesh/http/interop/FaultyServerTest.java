package io.inmesh.http.interop;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import io.inmesh.MeshException;
import io.inmesh.http.MeshHttpClient;
import io.inmesh.model.Cluster;
import io.inmesh.testing.InmeshTest;
import io.inmesh.testing.LoopbackMesh;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Somebody else's server, with the faults that real ones have. */
@InmeshTest
@Timeout(60)
class FaultyServerTest {
  private static final WireMockServer SERVER =
      new WireMockServer(WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
  private static final HttpRequest GET =
      HttpRequest.newBuilder(URI.create("http://orders/")).build();

  @BeforeAll
  static void start() {
    SERVER.start();
  }

  @AfterEach
  void reset() {
    SERVER.resetAll();
  }

  @AfterAll
  static void stop() {
    SERVER.stop();
  }

  private static MeshHttpClient client(LoopbackMesh mesh) {
    mesh.join("orders", Cluster.Protocol.HTTP1, SERVER.port());
    return MeshHttpClient.create(mesh);
  }

  @ParameterizedTest
  @EnumSource
  void fault_failsThePost_whichIsSentOnce(Fault fault, LoopbackMesh mesh) {
    SERVER.stubFor(post(anyUrl()).willReturn(aResponse().withFault(fault)));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://orders/"))
            .POST(BodyPublishers.ofString("x"))
            .build();
    try (MeshHttpClient client = client(mesh)) {
      assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
      SERVER.verify(1, postRequestedFor(urlPathEqualTo("/")));
    }
  }

  @ParameterizedTest
  @EnumSource
  void goodAnswers_afterAFault_areUnharmed(Fault fault, LoopbackMesh mesh) throws Exception {
    SERVER.stubFor(
        get(anyUrl())
            .inScenario("flaky")
            .whenScenarioStateIs(Scenario.STARTED)
            .willSetStateTo("well")
            .willReturn(aResponse().withFault(fault)));
    SERVER.stubFor(
        get(anyUrl())
            .inScenario("flaky")
            .whenScenarioStateIs("well")
            .willReturn(aResponse().withBody("well")));
    try (MeshHttpClient client = client(mesh)) {
      assertThatThrownBy(() -> client.send(GET, BodyHandlers.ofString()))
          .isInstanceOfSatisfying(
              MeshException.class, failure -> assertThat(failure.attempts()).hasSize(1));
      for (int i = 0; i < 5; i++) {
        assertThat(client.send(GET, BodyHandlers.ofString()).body()).isEqualTo("well");
      }
    }
  }

  @Test
  void slowHead_runsIntoTheTimeout(LoopbackMesh mesh) {
    SERVER.stubFor(any(anyUrl()).willReturn(aResponse().withFixedDelay(3_000)));
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://orders/"))
            .timeout(Duration.ofMillis(200))
            .build();
    try (MeshHttpClient client = client(mesh)) {
      assertThatThrownBy(() -> client.send(request, BodyHandlers.ofString()))
          .isInstanceOf(HttpTimeoutException.class);
    }
  }

  @Test
  void bodyThatTrickles_isReadToItsEnd(LoopbackMesh mesh) throws Exception {
    SERVER.stubFor(
        get(anyUrl())
            .willReturn(aResponse().withBody("trickling").withChunkedDribbleDelay(5, 300)));
    try (MeshHttpClient client = client(mesh)) {
      assertThat(client.send(GET, BodyHandlers.ofString()).body()).isEqualTo("trickling");
    }
  }
}
