package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The control server's admin port, as an operator uses it. In an insecure mesh there are neither
 * roles nor tokens.
 */
final class Operator {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final URI admin;
  private final Path secret;
  private final Path roots;
  private @Nullable HttpClient client;

  /**
   * Nothing is asked yet.
   *
   * @param state the control server's directory, in which it keeps what it is known by and the
   *     secrets of roles
   */
  Operator(URI admin, Path state) {
    this.admin = admin;
    this.secret = state.resolve("admin").resolve("operator.token");
    this.roots = state.resolve("admin").resolve("roots.pem");
  }

  /** Whether the control server is up. */
  boolean answers() throws InterruptedException {
    try {
      return send(HttpRequest.newBuilder(admin.resolve("/healthz")).GET()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Makes a token that this many processes of a service can join with.
   *
   * @param file where it goes, readable for this user only; never a command line
   */
  void joinToken(String service, int uses, Path file) throws IOException, InterruptedException {
    String body =
        """
        {"namespace": "default", "serviceAccount": "%s", "uses": %d, "ttlSeconds": 3600}
        """
            .formatted(service, uses);
    HttpResponse<String> response =
        send(request("/v1/tokens").POST(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() != 200) {
      throw new IOException("the control server makes no token: " + response.body());
    }
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(
        file, JSON.readTree(response.body()).path("token").asString(), StandardOpenOption.WRITE);
  }

  /** The address and port of an instance; what failures of its requests name. */
  String addressOf(String service, String instance) throws IOException, InterruptedException {
    HttpResponse<String> response =
        send(request("/v1/instances/default/" + service + "/" + instance).GET());
    if (response.statusCode() != 200) {
      throw new IOException("the control server knows no " + instance + ": " + response.body());
    }
    JsonNode view = JSON.readTree(response.body());
    return view.path("address").asString()
        + ":"
        + view.path("ports").path(0).path("instancePort").asInt();
  }

  /** A request that shows the operator's secret, if there is one. */
  HttpRequest.Builder request(String path) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(admin.resolve(path)).header("content-type", "application/json");
    if (Files.exists(secret)) {
      request.header("authorization", "Bearer " + Files.readString(secret).strip());
    }
    return request;
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    if (client == null) {
      client = client();
    }
    return client.send(
        request.timeout(Duration.ofSeconds(5)).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Whether a process of the service is connected. */
  boolean hasClient(String service) throws InterruptedException {
    try {
      HttpResponse<String> response = send(request("/debug/clients").GET());
      for (JsonNode connected : JSON.readTree(response.body()).path("clients")) {
        if (connected.path("id").asString("").startsWith(service + ".")) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      return false; // the control server is not up yet
    }
  }

  private HttpClient client() throws IOException {
    if (admin.getScheme().equals("http")) {
      return HttpClient.newHttpClient();
    }
    try (InputStream pem = Files.newInputStream(roots)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        trusted.setCertificateEntry("root-" + trusted.size(), root);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, trust.getTrustManagers(), null);
      return HttpClient.newBuilder().sslContext(tls).build();
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot trust what is in " + roots, e);
    }
  }
}
