package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;

/**
 * An endpoint of {@code orders} that takes no traffic (it is registered as unhealthy) and whose
 * weight changes: each change travels the way of every endpoint change, so its journey can be timed
 * without touching the load.
 */
final class Probe {
  private final HttpClient client = HttpClient.newHttpClient();
  private final URI instance;
  private final WebView web;

  Probe(URI admin, WebView web) {
    this.instance = admin.resolve("/v1/instances/default/orders/probe");
    this.web = web;
  }

  /** Milliseconds from each change's acceptance to its arrival at web, sorted. */
  double[] measure(int changes) throws IOException, InterruptedException {
    double[] millis = new double[changes];
    for (int i = 0; i < changes; i++) {
      long start = System.nanoTime();
      register(i + 1);
      while (web.probeWeight() != i + 1) {
        if (System.nanoTime() - start > 20_000_000_000L) {
          throw new IOException("an endpoint change did not reach web within 20 s");
        }
        Pause.millis(2);
      }
      millis[i] = (System.nanoTime() - start) / 1e6;
    }
    client.send(
        HttpRequest.newBuilder(instance).DELETE().build(), HttpResponse.BodyHandlers.discarding());
    Arrays.sort(millis);
    return millis;
  }

  private void register(int weight) throws IOException, InterruptedException {
    String body =
        """
        {"address": "127.0.0.1", "version": "v1", "weight": %d, "health": "UNHEALTHY", "ttl": "60s",
         "ports": [{"name": "http", "servicePort": 80, "instancePort": 9}]}
        """
            .formatted(weight);
    HttpResponse<String> response =
        client.send(
            HttpRequest.newBuilder(instance)
                .header("content-type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() / 100 != 2) {
      throw new IOException("the control server refused the probe: " + response.body());
    }
  }
}
