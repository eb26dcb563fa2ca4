package io.inmesh.spring;

import io.inmesh.Mesh;
import io.inmesh.call.Inbound;
import io.inmesh.identity.RotatingTls;
import io.inmesh.model.ServerTlsPolicy.Mode;
import java.lang.System.Logger.Level;
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
  private static final System.Logger LOG = System.getLogger(ContainerTls.class.getName());

  private final Mesh mesh;
  private final boolean wanted;
  private final AtomicInteger port = new AtomicInteger();
  private volatile boolean sniffed;
  private volatile Mode told = Mode.STRICT;

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

  /** The container tells TLS from plaintext by itself. */
  void sniffed() {
    sniffed = true;
  }

  /** The container listens on a port: the mesh says by port whom to believe. */
  void listens(int on) {
    port.set(on);
    Inbound inbound = mesh.inbound(on); // what applies is asked for now, not by the first request
    if (wanted && !sniffed) {
      var unused = inbound.watchTls(this::checkMode);
      checkMode();
    }
  }

  /** Whether connections without TLS are served now. */
  boolean plaintext() {
    return mode() != Mode.STRICT;
  }

  private Mode mode() {
    int on = port.get();
    return on <= 0 ? Mode.STRICT : mesh.inbound(on).tls().mode();
  }

  /** What the container cannot do is said, once for each change. */
  private void checkMode() {
    Mode now = mode();
    if (now == told) {
      return;
    }
    told = now;
    if (now != Mode.STRICT) {
      LOG.log(
          Level.WARNING,
          "port {0}: a PeerAuthentication makes it {1}, but this container cannot tell TLS from"
              + " plaintext: callers without TLS are refused. Serve with Tomcat's usual connector,"
              + " Reactor Netty or MeshHttpServer, or set inmesh.server.tls=false where nobody is"
              + " to use TLS",
          String.valueOf(port.get()),
          now);
    }
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
