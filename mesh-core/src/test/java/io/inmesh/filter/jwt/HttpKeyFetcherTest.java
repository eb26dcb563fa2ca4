package io.inmesh.filter.jwt;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpKeyFetcherTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @RegisterExtension
  static final WireMockExtension SERVER =
      WireMockExtension.newInstance()
          .options(WireMockConfiguration.wireMockConfig().dynamicPort().bindAddress("127.0.0.1"))
          .build();

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final HttpKeyFetcher fetcher = new HttpKeyFetcher(true, executor);

  @AfterEach
  void stop() {
    executor.shutdownNow();
  }

  private static URI uri(String path) {
    return URI.create(SERVER.baseUrl() + path);
  }

  private static void answer(String path, ResponseDefinitionBuilder response) {
    SERVER.stubFor(get(urlPathEqualTo(path)).willReturn(response));
  }

  private KeyFetcher.Answer fetch(String path) {
    return fetcher.fetch(uri(path), TIMEOUT).toCompletableFuture().join();
  }

  private void assertFails(String path, String why) {
    assertThatThrownBy(() -> fetch(path))
        .isInstanceOf(CompletionException.class)
        .hasStackTraceContaining(why);
  }

  @Test
  void keySet_comesWithItsAge() {
    answer("/a", aResponse().withBody("{}").withHeader("Cache-Control", "public, max-age=90"));
    assertThat(fetch("/a")).isEqualTo(new KeyFetcher.Answer("{}", Duration.ofSeconds(90)));
    answer("/b", aResponse().withBody("{}").withHeader("Cache-Control", "no-store"));
    assertThat(fetch("/b").maxAge()).isEqualTo(Duration.ZERO);
    answer("/c", aResponse().withBody("{}").withHeader("Cache-Control", "max-age=x"));
    assertThat(fetch("/c").maxAge()).isNegative();
  }

  @Test
  void errors_areNoKeySets() {
    answer("/e", aResponse().withStatus(503).withBody("{\"keys\":[]}"));
    assertFails("/e", "answered 503");
    answer("/f", aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK));
    assertFails("/f", "Exception");
  }

  @Test
  void hugeAnswer_isBrokenOff() {
    answer("/huge", aResponse().withBody("x".repeat(300_000)));
    assertFails("/huge", "larger than");
    answer("/endless", aResponse().withBody("x".repeat(300_000)).withChunkedDribbleDelay(10, 100));
    assertFails("/endless", "larger than");
  }

  @Test
  void slowAnswer_isGivenUp() {
    answer("/slow", aResponse().withBody("{}").withFixedDelay(30_000));
    assertThatThrownBy(
            () -> fetcher.fetch(uri("/slow"), Duration.ofMillis(200)).toCompletableFuture().join())
        .hasStackTraceContaining("Timeout");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:1/keys",
        "http://localhost:1/keys",
        "http://10.0.0.1/keys",
        "http://192.168.1.1/keys",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/keys",
        "http://[fd00::1]/keys",
        "file:///etc/passwd",
        "ftp://example.com/keys",
        "/again"
      })
  void redirects_doNotLeadInside(String location) {
    answer("/again", aResponse().withStatus(302).withHeader("Location", location));
    assertFails("/again", "not");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://169.254.169.254/latest/meta-data",
        "http://0.0.0.0:15014/",
        "http://[fe80::1]/",
        "http://[fd00:ec2::254]/",
        "http://224.0.0.1/"
      })
  void addressesOfTheHost_areNeverFetchedFrom(String address) {
    assertThatThrownBy(
            () -> fetcher.fetch(URI.create(address), TIMEOUT).toCompletableFuture().join())
        .hasStackTraceContaining("not fetched from");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/"})
  void issuerThatDescribesItself_isAskedWhereItsKeysAre(String slash) {
    String issuer = SERVER.baseUrl() + "/issuer";
    answer(
        "/issuer/.well-known/openid-configuration",
        aResponse()
            .withBody(
                "{\"issuer\":\"" + issuer + slash + "\",\"jwks_uri\":\"" + issuer + "/keys\"}"));
    answer("/issuer/keys", aResponse().withBody("{}").withHeader("Cache-Control", "max-age=9"));
    KeyFetcher fetching = DiscoveringFetcher.whereNeeded(fetcher);
    KeyFetcher.Answer keys = new KeyFetcher.Answer("{}", Duration.ofSeconds(9));
    for (String path : List.of("/issuer/.well-known/openid-configuration", "/issuer/keys")) {
      assertThat(fetching.fetch(uri(path), TIMEOUT).toCompletableFuture().join()).isEqualTo(keys);
    }
  }

  @Test
  void issuerThatDescribesAnother_isNotBelieved() {
    answer(
        "/.well-known/openid-configuration",
        aResponse().withBody("{\"issuer\":\"https://other\",\"jwks_uri\":\"https://other/k\"}"));
    assertThatThrownBy(
            () ->
                DiscoveringFetcher.whereNeeded(fetcher)
                    .fetch(uri("/.well-known/openid-configuration"), TIMEOUT)
                    .toCompletableFuture()
                    .join())
        .hasStackTraceContaining("another issuer");
  }

  @ParameterizedTest
  @CsvSource({
    "169.254.169.254, true",
    "[::ffff:169.254.169.254], true",
    "[64:ff9b::a9fe:a9fe], true",
    "[64:ff9b::7f00:1], true",
    "100.100.100.200, true",
    "[fd00:ec2::254], true",
    "0.0.0.0, true",
    "100.64.0.1, false",
    "10.0.0.1, false",
    "[64:ff9b::a00:1], false",
    "[fd00::1], false"
  })
  void address_thatOnlyThisHostReaches_isClosed_andPrivateOnesToRedirects(
      String host, boolean never) throws IOException {
    AddressGuard guard = new AddressGuard(false, false);
    URI uri = URI.create("https://" + host + "/keys");
    if (never) {
      assertThatThrownBy(() -> guard.check(uri, false)).hasMessageContaining("not fetched from");
    } else {
      guard.check(uri, false);
    }
    assertThatThrownBy(() -> guard.check(uri, true)).hasMessageContaining("after a redirect");
  }

  /** DNS rebinding: what was checked must be what is connected to. */
  @Test
  void namesThatAreNotCached_areFetchedFromByHttpsOnly() throws IOException {
    AddressGuard guard = new AddressGuard(true, true);
    assertThatThrownBy(() -> guard.check(URI.create("http://localhost/keys"), false))
        .hasMessageContaining("does not cache names");
    guard.check(URI.create("https://localhost/keys"), false);
    guard.check(URI.create("http://127.0.0.1/keys"), false);
    guard.check(URI.create("http://[::1]/keys"), false);
    new AddressGuard(true, false).check(URI.create("http://localhost/keys"), false);
  }

  @Test
  void loopback_isForDevelopmentOnly() {
    answer("/a", aResponse().withBody("{}"));
    assertThatThrownBy(
            () ->
                new HttpKeyFetcher(false, executor)
                    .fetch(uri("/a"), TIMEOUT)
                    .toCompletableFuture()
                    .join())
        .hasStackTraceContaining("not fetched from");
  }
}
