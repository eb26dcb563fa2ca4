package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;

/**
 * An endpoint of {@code orders} that takes no traffic (it is registered as unhealthy) and whose
 * weight changes: each change travels the way of every endpoint change, so its journey can be timed
 * without touching the load.
 */
final class Probe {
  private static final String INSTANCE = "/v1/instances/default/orders/probe";

  /** Where nobody listens, by which it is known among the endpoints. */
  static final int PORT = 9;

  private final Operator operator;
  private final WebView web;

  Probe(Operator operator, WebView web) {
    this.operator = operator;
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
    operator.send(operator.request(INSTANCE).DELETE());
    Arrays.sort(millis);
    return millis;
  }

  private void register(int weight) throws IOException, InterruptedException {
    String body =
        """
        {"address": "127.0.0.1", "version": "v1", "weight": %d, "health": "UNHEALTHY", "ttl": "60s",
         "ports": [{"name": "http", "servicePort": 80, "instancePort": %d}]}
        """
            .formatted(weight, PORT);
    HttpResponse<String> response =
        operator.send(operator.request(INSTANCE).PUT(HttpRequest.BodyPublishers.ofString(body)));
    if (response.statusCode() / 100 != 2) {
      throw new IOException("the control server refused the probe: " + response.body());
    }
  }
}
