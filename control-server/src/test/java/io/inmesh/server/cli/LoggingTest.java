package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.Eventually;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

final class LoggingTest {
  private static final Logger CONNECTIONS =
      Logger.getLogger("io.grpc.netty.NettyServerTransport.connections");

  /** A browser at the port for xDS, say. */
  @Test
  void anotherProtocol_isALineWithoutTrace() throws Exception {
    Logging.configure();
    List<LogRecord> lines = new CopyOnWriteArrayList<>();
    Handler reader = reader(lines);
    Level before = CONNECTIONS.getLevel();
    CONNECTIONS.setLevel(Level.INFO);
    CONNECTIONS.addHandler(reader);
    try (ControlServer server = ControlServer.start(ControlServerOptions.loopback());
        Socket stranger =
            new Socket(server.xdsAddress().getAddress(), server.xdsAddress().getPort())) {
      stranger
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      Eventually.await("a line about it", () -> !lines.isEmpty());
    } finally {
      CONNECTIONS.removeHandler(reader);
      CONNECTIONS.setLevel(before);
    }
    assertThat(lines.get(0).getThrown()).isNull();
    assertThat(lines.get(0).getMessage()).contains("HTTP/1.x request");
  }

  private static Handler reader(List<LogRecord> lines) {
    return new Handler() {
      @Override
      public void publish(LogRecord line) {
        lines.add(line);
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }
}
