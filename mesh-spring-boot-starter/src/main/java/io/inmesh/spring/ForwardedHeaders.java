package io.inmesh.spring;

import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.cloud.CloudPlatform;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;

/**
 * Where Boot finds itself on a platform such as Kubernetes, it has the container replace the peer's
 * address by what {@code X-Forwarded-For} says, before the mesh decides by it: any caller could
 * choose the address that policies see. Unless the application says otherwise, Spring does that
 * here, behind the mesh, and applications see the same.
 */
final class ForwardedHeaders implements EnvironmentPostProcessor {
  private static final System.Logger LOG = System.getLogger(ForwardedHeaders.class.getName());
  private static final String STRATEGY = "server.forward-headers-strategy";
  private static final String TOMCAT = "server.tomcat.remoteip.";

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

  /** An application that has the container do it after all is told what that means. */
  static void check(Environment environment) {
    if (believesAnybody(environment)) {
      LOG.log(
          Level.WARNING,
          "the container believes X-Forwarded-For of callers that need not be proxies, before"
              + " policies are asked: who calls chooses the address that ipBlocks are compared"
              + " with. Set "
              + STRATEGY
              + "=framework, or, with Tomcat, "
              + TOMCAT
              + "internal-proxies to the addresses of the proxies alone");
    }
  }

  /**
   * Whether the container replaces addresses, and nobody has said whom it is to believe: Tomcat
   * believes all private addresses, as the mesh's peers have them, and others everybody.
   */
  static boolean believesAnybody(Environment environment) {
    boolean replaces =
        property(environment, STRATEGY).equalsIgnoreCase("native")
            || !property(environment, TOMCAT + "remote-ip-header").isEmpty()
            || !property(environment, TOMCAT + "protocol-header").isEmpty();
    return replaces && property(environment, TOMCAT + "internal-proxies").isEmpty();
  }

  private static String property(Environment environment, String name) {
    return Objects.requireNonNullElse(
        Binder.get(environment).bind(name, String.class).orElse(null), "");
  }
}
