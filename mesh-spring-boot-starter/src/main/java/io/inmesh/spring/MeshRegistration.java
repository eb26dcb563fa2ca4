package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.Registration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.SmartLifecycle;

/**
 * Announces the application with its web server's real port once it accepts traffic, follows its
 * readiness, and on shutdown takes it out of the mesh before the web server begins to drain.
 * Confined to the context's lifecycle and event threads.
 */
final class MeshRegistration implements ApplicationListener<ApplicationEvent>, SmartLifecycle {
  private final Mesh mesh;
  private final MeshProperties.Registration properties;
  private volatile int port;
  private volatile boolean running;
  private volatile @Nullable Registration registration;

  MeshRegistration(Mesh mesh, MeshProperties.Registration properties) {
    this.mesh = mesh;
    this.properties = properties;
  }

  @Override
  public void onApplicationEvent(ApplicationEvent event) {
    if (event instanceof WebServerInitializedEvent initialized
        && initialized.getApplicationContext().getServerNamespace() == null) {
      // A management server has a namespace; the application's own has none.
      port = initialized.getWebServer().getPort();
    } else if (event instanceof AvailabilityChangeEvent<?> change
        && change.getState() instanceof ReadinessState state) {
      follow(state);
    }
  }

  private synchronized void follow(ReadinessState state) {
    Registration current = registration;
    if (state == ReadinessState.ACCEPTING_TRAFFIC) {
      if (current != null) {
        current.health(Registration.Health.HEALTHY);
      } else if (port > 0 && running) {
        registration = mesh.register("http", properties.port(), port);
      }
    } else if (current != null && running) {
      current.health(Registration.Health.UNHEALTHY);
    }
  }

  @Override
  public void start() {
    running = true;
  }

  /** Stopped first, as the last phase: the web server still serves what is under way. */
  @Override
  public synchronized void stop() {
    running = false;
    Registration current = registration;
    if (current == null) {
      return;
    }
    registration = null;
    current.drain().toCompletableFuture().join(); // never fails, ends in time
    current.close();
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return SmartLifecycle.DEFAULT_PHASE;
  }
}
