package io.inmesh.server.ca;

import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.wireMockConfig;

import com.github.tomakehurst.wiremock.WireMockServer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.Arrays;
import java.util.Base64;

/** An OpenID Connect issuer that describes itself and where its keys are. */
final class FakeIssuer implements AutoCloseable {
  private final WireMockServer http = new WireMockServer(wireMockConfig().dynamicPort());
  private final KeyPair keys = Certificates.keys();

  FakeIssuer() {
    http.start();
    describe(url(), url() + "/keys");
    ECPublicKey key = (ECPublicKey) keys.getPublic();
    http.stubFor(
        get("/keys")
            .willReturn(
                okJson(
                    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"1\",\"x\":\""
                        + coordinate(key.getW().getAffineX())
                        + "\",\"y\":\""
                        + coordinate(key.getW().getAffineY())
                        + "\"}]}")));
  }

  String url() {
    return "http://localhost:" + http.port();
  }

  /** What it says of itself. */
  void describe(String issuer, String jwksUri) {
    http.stubFor(
        get("/.well-known/openid-configuration")
            .willReturn(
                okJson("{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + jwksUri + "\"}")));
  }

  /** A token with these claims. */
  String token(String claims) throws GeneralSecurityException {
    return token(claims, keys);
  }

  static String token(String claims, KeyPair keys) throws GeneralSecurityException {
    String signed = base64("{\"alg\":\"ES256\",\"kid\":\"1\"}") + "." + base64(claims);
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initSign(keys.getPrivate());
    signature.update(signed.getBytes(StandardCharsets.US_ASCII));
    return signed + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
  }

  static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String coordinate(BigInteger value) {
    byte[] bytes = value.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(fixed, 32));
  }

  @Override
  public void close() {
    http.stop();
  }
}
