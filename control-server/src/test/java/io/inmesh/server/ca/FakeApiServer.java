package io.inmesh.server.ca;

import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.jsonResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;

import com.github.tomakehurst.wiremock.WireMockServer;
import io.inmesh.identity.SpiffeId;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.bouncycastle.asn1.x509.GeneralName;

/** An API server of Kubernetes that only reviews tokens, over TLS. */
final class FakeApiServer implements AutoCloseable {
  private static final String PASSWORD = "of-the-test";

  private final WireMockServer http;
  private final KubernetesApi api;

  FakeApiServer(Path dir) throws Exception {
    KeyPair rootKeys = Certificates.keys();
    X509Certificate root =
        Certificates.root("kubernetes", rootKeys, Instant.now(), Duration.ofDays(1));
    KeyPair keys = Certificates.keys();
    X509Certificate certificate =
        Certificates.leaf(
            SpiffeId.of("kubernetes", "kube-system", "api"),
            keys.getPublic(),
            root,
            rootKeys.getPrivate(),
            Instant.now(),
            Duration.ofDays(1),
            List.of(new GeneralName(GeneralName.dNSName, "localhost")));
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setKeyEntry(
        "api", keys.getPrivate(), PASSWORD.toCharArray(), new Certificate[] {certificate, root});
    Path keystore = dir.resolve("api.p12");
    try (OutputStream out = Files.newOutputStream(keystore)) {
      store.store(out, PASSWORD.toCharArray());
    }
    http =
        new WireMockServer(
            wireMockConfig()
                .httpDisabled(true)
                .dynamicHttpsPort()
                .keystorePath(keystore.toString())
                .keystoreType("PKCS12")
                .keystorePassword(PASSWORD)
                .keyManagerPassword(PASSWORD));
    http.start();
    api =
        new KubernetesApi(
            URI.create("https://localhost:" + http.httpsPort()),
            Files.writeString(dir.resolve("ca.crt"), Pem.write(List.of(root))),
            Files.writeString(dir.resolve("token"), "of-the-control-server\n"));
  }

  KubernetesApi api() {
    return api;
  }

  /** Answers the review of one token; to who asks as the control server does. */
  void review(String token, int status, String body) {
    http.stubFor(
        post(urlPathEqualTo("/apis/authentication.k8s.io/v1/tokenreviews"))
            .withHeader("Authorization", equalTo("Bearer of-the-control-server"))
            .withRequestBody(matchingJsonPath("$.spec.token", equalTo(token)))
            .withRequestBody(matchingJsonPath("$.spec.audiences[0]", equalTo("inmesh")))
            .willReturn(jsonResponse(body, status)));
  }

  /** Confirms a token of a service account. */
  void confirm(String token, String user) {
    review(
        token,
        201,
        "{\"status\":{\"authenticated\":true,\"audiences\":[\"inmesh\"],\"user\":{\"username\":\""
            + user
            + "\"}}}");
  }

  @Override
  public void close() {
    http.stop();
  }
}
