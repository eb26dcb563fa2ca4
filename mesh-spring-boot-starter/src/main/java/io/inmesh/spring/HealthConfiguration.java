package io.inmesh.spring;

import io.inmesh.Mesh;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The health indicator {@code mesh}: up once the process has its place in the mesh. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(HealthIndicator.class)
class HealthConfiguration {
  /** A look, not a wait. */
  private static final Duration AT_ONCE = Duration.ofMillis(1);

  @Bean
  HealthIndicator meshHealthIndicator(Mesh mesh) {
    return () -> health(mesh);
  }

  private static Health health(Mesh mesh) {
    try {
      mesh.whenReady(AT_ONCE).toCompletableFuture().get();
      return Health.up().withDetail("controlServer", mesh.config().controlServer()).build();
    } catch (ExecutionException e) {
      return Health.outOfService()
          .withDetail("controlServer", mesh.config().controlServer())
          .withDetail("because", String.valueOf(e.getMessage()))
          .build();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Health.unknown().build();
    }
  }
}
