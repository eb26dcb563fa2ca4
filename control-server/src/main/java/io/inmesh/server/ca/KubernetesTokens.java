package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.CaException.Kind;
import io.inmesh.server.config.AttestationSpec;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Has service account tokens reviewed by the API server of the cluster, so that those of deleted
 * pods and service accounts are refused, too. Thread-safe.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-review-v1/">TokenReview</a>
 */
final class KubernetesTokens implements Attestation.TokenReview {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final String REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews";
  private static final Pattern SERVICE_ACCOUNT =
      Pattern.compile("system:serviceaccount:([^:]+):([^:]+)");
  private static final String REFUSED = "the Kubernetes token is not accepted";

  private final KubernetesApi api;
  private final Supplier<AttestationSpec> spec;
  private final String trustDomain;
  private volatile @Nullable Trusting known;

  /** A client for what the file of authorities said. */
  private record Trusting(String certificates, HttpClient client) {}

  KubernetesTokens(KubernetesApi api, Supplier<AttestationSpec> spec, String trustDomain) {
    this.api = api;
    this.spec = spec;
    this.trustDomain = trustDomain;
  }

  @Override
  public CompletionStage<SpiffeId> review(String token) {
    AttestationSpec.Kubernetes accepted = spec.get().kubernetes();
    if (accepted == null) {
      return Attestation.refused(
          REFUSED, "MeshDefaults accepts no tokens of Kubernetes (attestation.kubernetes)");
    }
    HttpRequest request;
    HttpClient client;
    try {
      request = request(token, accepted.audience());
      client = client();
    } catch (IOException | GeneralSecurityException | CaException e) {
      return Attestation.refused(unavailable(e));
    }
    return client
        .sendAsync(request, HttpResponse.BodyHandlers.ofString())
        .handle((answer, failure) -> judged(accepted, answer, failure))
        .thenCompose(judged -> judged);
  }

  private HttpRequest request(String token, String audience) throws IOException {
    ObjectNode review =
        JSON.createObjectNode()
            .put("apiVersion", "authentication.k8s.io/v1")
            .put("kind", "TokenReview");
    review.putObject("spec").put("token", token).putArray("audiences").add(audience);
    return HttpRequest.newBuilder(api.server().resolve(REVIEWS))
        .timeout(TIMEOUT)
        .header("Authorization", "Bearer " + Files.readString(api.token()).strip())
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(review.toString()))
        .build();
  }

  /** Made anew when the cluster's authorities have changed. */
  private HttpClient client() throws IOException, GeneralSecurityException, CaException {
    String certificates = Files.readString(api.certificates());
    Trusting now = known;
    if (now == null || !now.certificates().equals(certificates)) {
      now = new Trusting(certificates, client(certificates));
      known = now;
    }
    return now.client();
  }

  private HttpClient client(String certificates)
      throws IOException, GeneralSecurityException, CaException {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null, null);
    String where = api.certificates().toString();
    for (X509Certificate certificate : Pem.certificates(certificates, where)) {
      trusted.setCertificateEntry(Authority.pin(certificate), certificate);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder()
        .sslContext(tls)
        .connectTimeout(TIMEOUT)
        .followRedirects(HttpClient.Redirect.NEVER)
        .build();
  }

  private CompletionStage<SpiffeId> judged(
      AttestationSpec.Kubernetes accepted,
      @Nullable HttpResponse<String> answer,
      @Nullable Throwable failure) {
    if (answer == null) {
      return Attestation.refused(unavailable(failure));
    }
    if (answer.statusCode() != 201 && answer.statusCode() != 200) {
      return Attestation.refused(
          unavailable(
              new IOException(
                  "answered "
                      + answer.statusCode()
                      + "; may the control server's service account create tokenreviews?")));
    }
    JsonNode status;
    try {
      status = JSON.readTree(answer.body()).path("status");
    } catch (JacksonException e) {
      return Attestation.refused(unavailable(new IOException("did not answer JSON")));
    }
    if (!status.path("authenticated").asBoolean(false)) {
      return Attestation.refused(
          REFUSED, "Kubernetes: " + status.path("error").asString("not authenticated"));
    }
    return identity(accepted, status);
  }

  private CompletionStage<SpiffeId> identity(AttestationSpec.Kubernetes accepted, JsonNode status) {
    // An API server that knows nothing of audiences names none, and has checked none.
    boolean meant = false;
    for (JsonNode audience : status.path("audiences")) {
      meant |= accepted.audience().equals(audience.asString(""));
    }
    if (!meant) {
      return Attestation.refused(
          REFUSED, "Kubernetes: not for audience '" + accepted.audience() + "'");
    }
    String user = status.path("user").path("username").asString("");
    Matcher account = SERVICE_ACCOUNT.matcher(user);
    if (!account.matches()) {
      return Attestation.refused(REFUSED, "Kubernetes: '" + user + "' is no service account");
    }
    String namespace = account.group(1);
    if (!accepted.namespaces().isEmpty() && !accepted.namespaces().contains(namespace)) {
      return Attestation.refused(
          REFUSED, "Kubernetes: namespace '" + namespace + "' may not join the mesh");
    }
    try {
      return CompletableFuture.completedStage(
          SpiffeId.of(trustDomain, namespace, account.group(2)));
    } catch (IllegalArgumentException e) {
      return Attestation.refused(REFUSED, "Kubernetes: " + e.getMessage());
    }
  }

  private CaException unavailable(@Nullable Throwable why) {
    return new CaException(
        Kind.UNAVAILABLE,
        "the Kubernetes token cannot be reviewed now",
        new CaException("the API server at " + api.server() + ": " + why));
  }
}
