package io.inmesh.spring;

import java.util.concurrent.CountDownLatch;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.restclient.RestTemplateBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.http.client.ReactorResourceFactory;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;
import org.springframework.web.reactive.function.client.WebClient;

/** The service {@code web}: an application as people write them, which knows nothing of a mesh. */
@SpringBootConfiguration
@EnableAutoConfiguration
@RestController
@Import(WebApplication.Resources.class)
class WebApplication {
  private static volatile CountDownLatch slow = new CountDownLatch(1);
  private static volatile boolean begun;

  /** Its own, because shared ones end with the first application that does. */
  @Configuration(proxyBeanMethods = false)
  static class Resources {
    @Bean
    ReactorResourceFactory reactorResources() {
      ReactorResourceFactory resources = new ReactorResourceFactory();
      resources.setUseGlobalResources(false);
      return resources;
    }
  }

  private final RestClient restClient;
  private final RestTemplate restTemplate;
  private final WebClient webClient;

  WebApplication(
      RestClient.Builder restClient,
      RestTemplateBuilder restTemplate,
      WebClient.Builder webClient) {
    this.restClient = restClient.build();
    this.restTemplate = restTemplate.build();
    this.webClient = webClient.build();
  }

  /** What is slow from now on is so until the latch is open. */
  static CountDownLatch slow() {
    slow = new CountDownLatch(1);
    begun = false;
    return slow;
  }

  /** Whether something slow is under way. */
  static boolean begun() {
    return begun;
  }

  /** Runs it on a free port. */
  static ConfigurableApplicationContext run(String controlServer) {
    return run(WebApplication.class, controlServer);
  }

  /** Runs another one of this service. */
  static ConfigurableApplicationContext run(Class<?> application, String controlServer) {
    return new SpringApplicationBuilder(application)
        .web(
            application == WebApplication.class
                ? WebApplicationType.SERVLET
                : WebApplicationType.REACTIVE)
        .properties(
            "server.port=0",
            "server.address=127.0.0.1",
            "spring.application.name=web",
            "spring.main.banner-mode=off",
            "logging.level.root=warn",
            "inmesh.control-server=" + controlServer,
            "inmesh.insecure=true")
        .run();
  }

  static int port(ConfigurableApplicationContext application) {
    return application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  @GetMapping("/rest-client")
  String restClient(@RequestParam String url) {
    return String.valueOf(restClient.get().uri(url).retrieve().body(String.class));
  }

  @GetMapping("/rest-template")
  String restTemplate(@RequestParam String url) {
    return String.valueOf(restTemplate.getForObject(url, String.class));
  }

  @GetMapping("/web-client")
  String webClient(@RequestParam String url) {
    return String.valueOf(webClient.get().uri(url).retrieve().bodyToMono(String.class).block());
  }

  @GetMapping("/slow")
  String answerSlowly() throws InterruptedException {
    return done();
  }

  /** Once the latch is open. */
  static String done() throws InterruptedException {
    begun = true;
    slow.await();
    return "done";
  }
}
