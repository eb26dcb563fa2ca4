package io.inmesh.server.cli;

import java.util.logging.Filter;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Makes the JDK's default logging fit for a server: one line per record, on standard error. */
final class Logging {
  private Logging() {}

  /** Must run before the first logger; whatever the user configured stays. */
  static void configure() {
    if (System.getProperty("java.util.logging.config.file") == null
        && System.getProperty("java.util.logging.SimpleFormatter.format") == null) {
      System.setProperty(
          "java.util.logging.SimpleFormatter.format",
          "%1$tFT%1$tT.%1$tL%1$tz %4$-7s %3$s %5$s%6$s%n");
    }
    // Bounds on the admin port's clients, read once by the JDK's HTTP server.
    setDefault("sun.net.httpserver.maxReqTime", "30");
    setDefault("sun.net.httpserver.maxRspTime", "60");
    setDefault("jdk.httpserver.maxConnections", "256");
    // Its own console output would be noise next to ours.
    setDefault("io.netty.tryReflectionSetAccessible", "false");
    Connections.LOGGER.setFilter(new Connections());
  }

  /** What gRPC says of broken connections: anybody can break one, which is worth a line only. */
  private static final class Connections implements Filter {
    /** Kept here, since the JDK forgets loggers, and what was set on them. */
    static final Logger LOGGER = Logger.getLogger("io.grpc.netty.NettyServerTransport.connections");

    @Override
    public boolean isLoggable(LogRecord log) {
      if (log.getThrown() != null) {
        log.setMessage("A connection failed: " + log.getThrown().getMessage());
        log.setThrown(null);
      }
      return true;
    }
  }

  private static void setDefault(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
