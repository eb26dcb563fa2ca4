package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import java.time.Duration;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.http.client.ReactorResourceFactory;

/** Applications as the starter configures them, but for their place in the mesh, which is given. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
class SpringApplications {
  static {
    // The suite listens to what the JDK's logging has, and Boot would begin that anew.
    System.setProperty("org.springframework.boot.logging.LoggingSystem", "none");
  }

  /** Starts one. */
  static ConfigurableApplicationContext start(
      WebApplicationType type,
      Mesh mesh,
      ApplicationContextInitializer<GenericApplicationContext> beans) {
    return new SpringApplicationBuilder(SpringApplications.class)
        .web(type)
        .registerShutdownHook(false)
        .initializers(
            (GenericApplicationContext context) ->
                // A singleton that it has not made itself is left as it is when it ends.
                context.getBeanFactory().registerSingleton("mesh", mesh),
            beans)
        .properties(
            "server.port=0",
            "server.address=127.0.0.1",
            "server.shutdown=immediate",
            "inmesh.registration.enabled=false",
            "spring.main.lazy-initialization=true",
            "spring.main.banner-mode=off")
        .run();
  }

  /** Its own, because shared ones end with the first application that does; ends at once. */
  @Bean
  ReactorResourceFactory reactorResources() {
    ReactorResourceFactory resources = new ReactorResourceFactory();
    resources.setUseGlobalResources(false);
    resources.setShutdownQuietPeriod(Duration.ZERO);
    return resources;
  }
}
