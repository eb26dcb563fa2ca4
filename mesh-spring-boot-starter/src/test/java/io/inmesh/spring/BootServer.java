package io.inmesh.spring;

import io.inmesh.Mesh;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;

/**
 * An application of the starter in Tomcat or Reactor Netty, and somebody who writes bytes to it.
 */
final class BootServer implements AutoCloseable {
  private final ConfigurableApplicationContext application;

  /**
   * Starts one on a free port.
   *
   * @param mesh its place in the mesh
   * @param source of the application
   */
  BootServer(WebApplicationType type, Mesh mesh, Class<?> source, String... properties) {
    this(type, mesh, source, context -> {}, properties);
  }

  /** The same with more beans. */
  BootServer(
      WebApplicationType type,
      Mesh mesh,
      Class<?> source,
      Consumer<GenericApplicationContext> more,
      String... properties) {
    application =
        new SpringApplicationBuilder(source)
            .web(type)
            .initializers(
                (GenericApplicationContext context) -> {
                  context.registerBean(Mesh.class, () -> mesh);
                  more.accept(context);
                })
            .properties(
                "server.port=0",
                "server.address=127.0.0.1",
                "inmesh.registration.enabled=false",
                "inmesh.service=orders",
                "spring.main.banner-mode=off",
                // It would take Reactor's threads along when it ends.
                "spring.autoconfigure.exclude=org.springframework.boot.http.client.autoconfigure"
                    + ".reactive.ReactiveHttpClientAutoConfiguration",
                "logging.level.root=WARN")
            .properties(properties)
            .run();
  }

  int port() {
    return application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
  }

  /** What comes back until the server closes the connection. */
  String answer(String bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
      socket.setSoTimeout(30_000);
      ByteArrayOutputStream answer = new ByteArrayOutputStream();
      try {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        int next;
        while ((next = socket.getInputStream().read()) >= 0) {
          answer.write(next);
        }
      } catch (SocketException reset) {
        // It did not want to read all of this.
      }
      return answer.toString(StandardCharsets.ISO_8859_1);
    }
  }

  @Override
  public void close() {
    application.close();
  }
}
