package io.inmesh.spring;

import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Where Boot finds itself on a platform such as Kubernetes, it has the container replace the peer's
 * address by what {@code X-Forwarded-For} says, before the mesh decides by it: any caller could
 * choose the address that policies see. Unless the application says otherwise, Spring does that
 * here, behind the mesh, and applications see the same.
 */
final class ForwardedHeaders implements EnvironmentPostProcessor {
  private static final String STRATEGY = "server.forward-headers-strategy";

  @Override
  public void postProcessEnvironment(
      ConfigurableEnvironment environment, SpringApplication application) {
    CloudPlatform platform = CloudPlatform.getActive(environment);
    if (platform != null
        && platform.isUsingForwardHeaders()
        && environment.getProperty("inmesh.enabled", Boolean.class, true)) {
      environment
          .getPropertySources()
          .addLast(new MapPropertySource("inmesh", Map.of(STRATEGY, "framework")));
    }
  }
}
