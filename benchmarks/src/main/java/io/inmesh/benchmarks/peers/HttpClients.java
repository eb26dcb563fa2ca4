package io.inmesh.benchmarks.peers;

import io.inmesh.Mesh;
import io.inmesh.benchmarks.load.Client;
import io.inmesh.http.MeshHttpClient;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.Executor;

/**
 * The peers that are a {@link HttpClient}: ours with the engine on and off, and the JDK's. What
 * takes their responses never blocks, so it runs on their I/O threads, as it does in Apache's
 * client.
 */
public final class HttpClients {
  private static final Executor ON_IO_THREADS = Runnable::run;

  private HttpClients() {}

  private static HttpClient ours(Mesh mesh) {
    return MeshHttpClient.builder(mesh).executor(ON_IO_THREADS).build();
  }

  /** {@code MeshHttpClient} in a real mesh. */
  public static final class InMesh implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) throws Exception {
      Mesh mesh = Meshes.join("web", settings);
      return new Sender(ours(mesh), settings);
    }
  }

  /**
   * The same transport with nothing between it and the network: what the engine adds is the rest.
   */
  public static final class EngineOff implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) {
      return new Sender(ours(Meshes.bare(settings)), settings);
    }
  }

  /** The same, to a proxy that goes by the Host header. */
  public static final class ThroughProxy implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) {
      return new Sender(ours(Meshes.bare(settings)), settings.withTarget("orders"));
    }
  }

  /** The JDK's client, which has no mesh. */
  public static final class Jdk implements Client.Factory {
    @Override
    public Client create(Client.Settings settings) {
      return new Sender(
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .executor(ON_IO_THREADS)
              .build(),
          settings);
    }
  }

  /** Sends the benchmark's request. */
  private static final class Sender implements Client {
    private final HttpClient http;
    private final HttpRequest request;

    Sender(HttpClient http, Settings settings) {
      this.http = http;
      HttpRequest.Builder builder =
          HttpRequest.newBuilder(URI.create("http://" + settings.target() + "/api/items/42"))
              .header("accept", "application/json");
      if (!settings.bearer().isEmpty()) {
        builder.header("authorization", "Bearer " + settings.bearer());
      }
      request = builder.build();
    }

    @Override
    public void send(Completion completion) {
      var unused =
          http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray())
              .whenComplete(
                  (response, failure) -> {
                    if (failure == null) {
                      completion.done(response.statusCode() == 200);
                    } else {
                      completion.failed(failure);
                    }
                  });
    }

    @Override
    public void close() {}
  }
}
