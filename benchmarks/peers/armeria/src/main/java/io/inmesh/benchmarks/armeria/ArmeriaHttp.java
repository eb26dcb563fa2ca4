package io.inmesh.benchmarks.armeria;

import com.linecorp.armeria.client.WebClient;
import com.linecorp.armeria.common.HttpStatus;
import io.inmesh.benchmarks.load.Client;
import java.io.IOException;

/** A {@code WebClient} on a listener, as the guide of armeria-xds has it. */
public final class ArmeriaHttp implements Client.Factory {
  @Override
  public Client create(Client.Settings settings) throws IOException {
    return new Sender(WebClient.of(Bootstraps.listener(settings)));
  }

  private static final class Sender implements Client {
    private final WebClient http;

    Sender(WebClient http) {
      this.http = http;
    }

    @Override
    public void send(Completion completion) {
      http.get("/api/items/42")
          .aggregate()
          .whenComplete(
              (response, failure) -> {
                if (failure == null) {
                  completion.done(
                      response.status().equals(HttpStatus.OK)
                          && response.content().array().length > 0);
                } else {
                  completion.failed(failure);
                }
              });
    }

    @Override
    public void close() {}
  }
}
