package io.inmesh.spring;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** {@link WebApplicationTest}, of what differs between web servers. */
class ReactiveLifecycleTest {
  @SpringBootConfiguration
  @EnableAutoConfiguration
  @RestController
  @Import(WebApplication.Resources.class)
  static class Application {
    @GetMapping("/slow")
    Mono<String> slow() {
      return Mono.fromCallable(WebApplication::done).subscribeOn(Schedulers.boundedElastic());
    }
  }

  @Test
  @Timeout(60)
  void shutdown_leavesTheMeshBeforeTheWebServerStops() throws Exception {
    try (Shop shop = new Shop()) {
      shop.assertLeavesBeforeItStops(Application.class);
    }
  }
}
