package io.inmesh.http;

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
import java.io.IOException;
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
@Timeout(60)
class FaultyServerTest {
  private static final WireMockServer SERVER =
      new WireMockServer(
          WireMockConfiguration.options()
              .bindAddress("127.0.0.1")
              .dynamicPort()
              .http2PlainDisabled(true));

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

  private static Rig rig() {
    Rig rig = new Rig(Wire.HTTP1);
    rig.orders(SERVER.port());
    return rig;
  }

  @ParameterizedTest
  @EnumSource
  void fault_failsThePost_onceAndOnly(Fault fault) {
    SERVER.stubFor(post(anyUrl()).willReturn(aResponse().withFault(fault)));
    try (Rig rig = rig()) {
      assertThatThrownBy(() -> rig.post("/", BodyPublishers.ofString("x")))
          .isInstanceOf(IOException.class);
      SERVER.verify(1, postRequestedFor(urlPathEqualTo("/")));
      Rig.await(() -> rig.stats().connections() == 0);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER"})
  void goodAnswers_afterAFault_areUnharmed(Fault fault) throws Exception {
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
    try (Rig rig = rig()) {
      try {
        rig.get("/");
      } catch (MeshException firstOne) {
        assertThat(firstOne.attempts()).isNotEmpty();
      }
      for (int i = 0; i < 5; i++) {
        assertThat(rig.get("/").body()).isEqualTo("well");
      }
    }
  }

  @Test
  void slowHead_runsIntoTheTimeout() {
    SERVER.stubFor(any(anyUrl()).willReturn(aResponse().withFixedDelay(5_000)));
    try (Rig rig = rig()) {
      assertThatThrownBy(
              () ->
                  rig.client()
                      .send(
                          Rig.request("/").timeout(Duration.ofMillis(200)).build(),
                          BodyHandlers.ofString()))
          .isInstanceOf(HttpTimeoutException.class);
      Rig.await(() -> rig.stats().connections() == 0);
    }
  }

  @Test
  void bodyThatTrickles_isReadToItsEnd() throws Exception {
    SERVER.stubFor(
        get(anyUrl())
            .willReturn(aResponse().withBody("trickling").withChunkedDribbleDelay(5, 300)));
    try (Rig rig = rig()) {
      assertThat(rig.get("/").body()).isEqualTo("trickling");
    }
  }
}
