package io.inmesh.benchmarks.spring;

import io.inmesh.benchmarks.load.Client;
import java.util.Map;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.cloud.client.circuitbreaker.CircuitBreaker;
import org.springframework.cloud.client.circuitbreaker.CircuitBreakerFactory;
import org.springframework.cloud.client.loadbalancer.LoadBalanced;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.HttpComponentsClientHttpRequestFactory;
import org.springframework.web.client.RestClient;

/**
 * As Spring's guides have it: a {@code @LoadBalanced} {@link RestClient.Builder} over Apache's
 * client, endpoints from the simple discovery client with the recommended Caffeine cache, and each
 * call within a circuit breaker of the factory. The factory's time limiter is off, in the peer's
 * favour: it would run every call on another thread.
 */
public final class SpringCloudClient implements Client.Factory {
  @Override
  public Client create(Client.Settings settings) {
    SpringApplication application = new SpringApplication(Setup.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setLogStartupInfo(false);
    application.setBannerMode(org.springframework.boot.Banner.Mode.OFF);
    application.setDefaultProperties(
        Map.of(
            "logging.level.root", "error",
            "spring.cloud.discovery.client.simple.instances.orders[0].uri",
                "http://" + settings.target(),
            "spring.cloud.circuitbreaker.resilience4j.disable-time-limiter", "true"));
    return new Sender(application.run());
  }

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Setup {
    @Bean
    @LoadBalanced
    RestClient.Builder balanced() {
      var http =
          HttpClients.custom()
              .setConnectionManager(
                  PoolingHttpClientConnectionManagerBuilder.create()
                      .setMaxConnTotal(Client.CONNECTIONS)
                      .setMaxConnPerRoute(Client.CONNECTIONS)
                      .build())
              .build();
      return RestClient.builder().requestFactory(new HttpComponentsClientHttpRequestFactory(http));
    }
  }

  private static final class Sender implements Client {
    private final ConfigurableApplicationContext context;
    private final RestClient http;
    private final CircuitBreaker breaker;

    Sender(ConfigurableApplicationContext context) {
      this.context = context;
      http = context.getBean(RestClient.Builder.class).build();
      breaker = context.getBean(CircuitBreakerFactory.class).create("orders");
    }

    @Override
    public boolean blocking() {
      return true;
    }

    @Override
    public void send(Completion completion) {
      byte[] body;
      try {
        body = breaker.run(this::call);
      } catch (RuntimeException e) {
        completion.failed(e);
        return;
      }
      completion.done(body.length > 0);
    }

    private byte[] call() {
      return http.get()
          .uri("http://orders/api/items/42")
          .header("accept", "application/octet-stream")
          .retrieve()
          .body(byte[].class);
    }

    @Override
    public void close() {
      context.close();
    }
  }
}
