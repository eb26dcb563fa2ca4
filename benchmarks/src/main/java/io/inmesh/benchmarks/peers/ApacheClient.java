package io.inmesh.benchmarks.peers;

import io.inmesh.benchmarks.load.Client;
import io.inmesh.benchmarks.load.Client.Feature;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import java.io.IOException;
import java.security.GeneralSecurityException;
import org.apache.hc.client5.http.async.methods.SimpleHttpRequest;
import org.apache.hc.client5.http.async.methods.SimpleHttpResponse;
import org.apache.hc.client5.http.async.methods.SimpleRequestBuilder;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.ClientTlsStrategyBuilder;
import org.apache.hc.client5.http.ssl.NoopHostnameVerifier;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.jspecify.annotations.Nullable;

/**
 * Apache's asynchronous client with HTTP/1.1 and mutual TLS, one thread for I/O as its core has,
 * and, with telemetry, the histogram of durations that the mesh records. Its connections have no
 * state, as all callers are one identity. It has no other policies, and TLS is the JDK's, the only
 * one it knows.
 */
public final class ApacheClient implements Client.Factory {
  /** What all others agree on; the JDK would ask for AES with 256 bits first. */
  private static final String BORINGSSLS_CHOICE = "TLS_AES_128_GCM_SHA256";

  @Override
  public Client create(Client.Settings settings) throws IOException, GeneralSecurityException {
    PoolingAsyncClientConnectionManagerBuilder connections =
        PoolingAsyncClientConnectionManagerBuilder.create()
            .setMaxConnTotal(Client.CONNECTIONS)
            .setMaxConnPerRoute(Client.CONNECTIONS)
            .setDefaultTlsConfig(
                org.apache.hc.client5.http.config.TlsConfig.custom()
                    .setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_1)
                    .build());
    if (settings.has(Feature.TLS)) {
      connections.setTlsStrategy(
          ClientTlsStrategyBuilder.create()
              .setSslContext(Credentials.context(settings.credentials()))
              .setCiphers(BORINGSSLS_CHOICE)
              .setHostnameVerifier(NoopHostnameVerifier.INSTANCE)
              .buildAsync());
    }
    CloseableHttpAsyncClient http =
        HttpAsyncClients.custom()
            .setConnectionManager(connections.build())
            .setIOReactorConfig(IOReactorConfig.custom().setIoThreadCount(1).build())
            .disableAutomaticRetries()
            .disableCookieManagement()
            .setUserTokenHandler((route, context) -> null) // else no connection is used twice
            .build();
    http.start();
    return new Sender(http, settings);
  }

  private static final class Sender implements Client {
    private static final Attributes ATTRIBUTES =
        Attributes.of(
            AttributeKey.stringKey("http.request.method"),
            "GET",
            AttributeKey.longKey("http.response.status_code"),
            200L,
            AttributeKey.stringKey("server.address"),
            "orders");

    private final CloseableHttpAsyncClient http;
    private final SimpleHttpRequest request;
    private final @Nullable DoubleHistogram durations;

    Sender(CloseableHttpAsyncClient http, Settings settings) {
      this.http = http;
      String scheme = settings.has(Feature.TLS) ? "https://" : "http://";
      request =
          SimpleRequestBuilder.get(scheme + settings.target() + "/api/items/42")
              .addHeader("accept", "application/json")
              .build();
      durations =
          settings.has(Feature.TELEMETRY)
              ? Telemetry.sdk()
                  .getMeter("benchmark")
                  .histogramBuilder("http.client.request.duration")
                  .setUnit("s")
                  .build()
              : null;
    }

    @Override
    public void send(Completion completion) {
      long start = System.nanoTime();
      var unused =
          http.execute(
              request,
              new FutureCallback<>() {
                @Override
                public void completed(SimpleHttpResponse response) {
                  if (durations != null) {
                    durations.record((System.nanoTime() - start) / 1e9, ATTRIBUTES);
                  }
                  completion.done(response.getCode() == 200);
                }

                @Override
                public void failed(Exception failure) {
                  completion.failed(failure);
                }

                @Override
                public void cancelled() {
                  completion.done(false);
                }
              });
    }

    @Override
    public void close() {}
  }
}
