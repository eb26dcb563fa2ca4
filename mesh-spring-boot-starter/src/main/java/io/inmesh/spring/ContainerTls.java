package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.identity.RotatingTls;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * How the container secures its connections: with the process's identity, whatever it is at the
 * moment. Client certificates are asked for and believed if the mesh believes them; whether a
 * request needs one is decided for each request. Thread-safe.
 */
final class ContainerTls {
  private final Mesh mesh;
  private final boolean wanted;
  private final AtomicInteger port = new AtomicInteger();

  ContainerTls(Mesh mesh, MeshProperties properties, Environment environment) {
    this.mesh = mesh;
    this.wanted = properties.server().tls() && hasIdentity(mesh) && !isConfigured(environment);
  }

  private static boolean hasIdentity(Mesh mesh) {
    try {
      return !mesh.config().insecure();
    } catch (UnsupportedOperationException e) {
      return false; // a mesh without control server
    }
  }

  /** What the application says of TLS itself counts. */
  private static boolean isConfigured(Environment environment) {
    return Binder.get(environment)
        .bind("server.ssl", Bindable.mapOf(String.class, Object.class))
        .isBound();
  }

  /** Whether the container is to be secured by the mesh. */
  boolean wanted() {
    return wanted;
  }

  /** The container listens on a port: the mesh says by port whom to believe. */
  void listens(int on) {
    port.set(on);
  }

  /** Until there is an identity, and where the mesh says plaintext, handshakes fail. */
  RotatingTls managers() {
    return RotatingTls.of(
        () -> {
          int on = port.get();
          return on <= 0 ? null : mesh.inbound(on).tls().generation();
        });
  }
}
