package io.inmesh.interop;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A gRPC that is not ours, started as a process of its own. */
enum Counterpart {
  /** The grpc-java on this module's class path. */
  OLD_GRPC_JAVA {
    @Override
    List<String> command() {
      return List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-XX:TieredStopAtLevel=1",
          "-Xmx128m",
          "-cp",
          System.getProperty("java.class.path"),
          OldGrpcJava.class.getName());
    }

    /**
     * Before it used {@code onResult2} its resolver queued what the balancer needs and let calls
     * take the new route at once: those in between name a cluster the balancer has not heard of,
     * whatever the control server has sent before.
     */
    @Override
    boolean isOwnFault(String answer) {
      return answer.startsWith("!Status{code=UNAVAILABLE")
          && answer.contains("unable to find available subchannel for cluster");
    }
  },

  /** Debian's python3-grpcio: gRPC's C core. */
  PYTHON {
    @Override
    List<String> command() {
      return List.of("/usr/bin/python3", resource("client.py"));
    }

    @Override
    Optional<String> missing() {
      return succeeds("/usr/bin/python3", "-c", "import grpc")
          ? Optional.empty()
          : Optional.of("python3-grpcio is not installed (.ci/install installs it)");
    }
  },

  /** grpc-js with its xDS plugin. */
  NODE {
    @Override
    List<String> command() {
      return List.of("node", resource("client.js"));
    }

    @Override
    Map<String, String> environment() {
      return Map.of("NODE_PATH", modules().toString());
    }

    @Override
    Optional<String> missing() {
      return succeeds("node", "--version")
              && Files.isDirectory(modules().resolve("@grpc").resolve("grpc-js-xds"))
          ? Optional.empty()
          : Optional.of("grpc-js-xds is not in " + modules() + " (.ci/install puts it there)");
    }
  };

  /** The command; the target is its last argument. */
  abstract List<String> command();

  Map<String, String> environment() {
    return Map.of();
  }

  /** Whether a call failed by a fault of the client that no control server can prevent. */
  boolean isOwnFault(String answer) {
    return false;
  }

  /** Why it cannot be run here; empty: it can. */
  Optional<String> missing() {
    return Optional.empty();
  }

  private static Path modules() {
    @Nullable String cache = System.getenv("XDG_CACHE_HOME");
    return (cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache))
        .resolve(Path.of("inmesh", "grpc-js", "node_modules"));
  }

  private static String resource(String name) {
    try {
      return Path.of(Counterpart.class.getResource("/" + name).toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean succeeds(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(new File("/dev/null"))
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
