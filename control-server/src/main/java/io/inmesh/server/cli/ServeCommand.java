package io.inmesh.server.cli;

import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerException;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.KubernetesApi;
import io.inmesh.server.registry.RegistryOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

@Command(
    name = "serve",
    description = "Runs the control server until it is stopped.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class ServeCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "DIR",
      required = true,
      description = "Directory of YAML files; changes are picked up while running.")
  private Path config = Path.of("");

  @Option(
      names = "--xds",
      paramLabel = "HOST:PORT",
      converter = HostPort.class,
      description = {
        "Where xDS, registration and identities are served (default: 127.0.0.1:15012, with",
        "--insecure 127.0.0.1:15010)."
      })
  private @Nullable InetSocketAddress xds;

  @Option(
      names = "--admin",
      paramLabel = "HOST:PORT",
      converter = HostPort.class,
      description = "Where health, metrics and debug pages are served (default: 127.0.0.1:15014).")
  private @Nullable InetSocketAddress admin;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = {
        "Where registered instances survive a restart (default: $$INMESH_STATE_DIR, else a",
        "directory per configuration under $$XDG_STATE_HOME or ~/.local/state)."
      })
  private @Nullable Path state;

  @Option(
      names = "--strict",
      description = "Refuse a set of files with any error as a whole; at start, refuse to start.")
  private boolean strict;

  @Option(
      names = "--insecure",
      description = "Serve plaintext without identities, on loopback addresses only.")
  private boolean insecure;

  @Option(
      names = "--leaf-ttl",
      paramLabel = "DURATION",
      defaultValue = "1d",
      converter = DurationConverter.class,
      description = "How long certificates of workloads are valid (default: ${DEFAULT-VALUE}).")
  private Duration leafTtl = Duration.ofDays(1);

  @Option(
      names = "--ca-patience",
      paramLabel = "DURATION",
      defaultValue = "1h",
      converter = DurationConverter.class,
      description = {
        "How long the steps of a rotation wait for a connected client that does not follow",
        "(default: ${DEFAULT-VALUE})."
      })
  private Duration patience = CaOptions.DEFAULTS.patience();

  @Option(
      names = "--ca",
      paramLabel = "DIR",
      description = {
        "An authority from files: ca-cert.pem, ca-key.pem, cert-chain.pem, root-cert.pem",
        "(default: one is generated in the state directory). $$INMESH_CA_PASSPHRASE encrypts keys."
      })
  private @Nullable Path ca;

  @Option(
      names = "--kubernetes-api",
      paramLabel = "URL",
      description = {
        "The API server that reviews service account tokens, where MeshDefaults accepts such; this",
        "and the next two (default: as in a pod)."
      })
  private @Nullable URI kubernetesApi;

  @Option(
      names = "--kubernetes-ca",
      paramLabel = "FILE",
      description = "Certificates that the API server's leads to, PEM.")
  private @Nullable Path kubernetesCa;

  @Option(
      names = "--kubernetes-token",
      paramLabel = "FILE",
      description = "The token to show it; read anew each time.")
  private @Nullable Path kubernetesToken;

  @Option(
      names = "--ready-file",
      paramLabel = "FILE",
      description = "Write the addresses as JSON to this file once ready.")
  private @Nullable Path readyFile;

  @Override
  public Integer call() throws Exception {
    if (!Files.isDirectory(config)) {
      throw CommandFailure.usage("--config " + config + ": no such directory");
    }
    InetAddress loopback = InetAddress.getByAddress(new byte[] {127, 0, 0, 1});
    ControlServerOptions options =
        new ControlServerOptions(
            Optional.of(config),
            xds != null
                ? xds
                : new InetSocketAddress(
                    loopback,
                    insecure
                        ? ControlServerOptions.DEFAULT_INSECURE_PORT
                        : ControlServerOptions.DEFAULT_XDS_PORT),
            admin != null
                ? admin
                : new InetSocketAddress(loopback, ControlServerOptions.DEFAULT_ADMIN_PORT),
            Optional.of(
                state != null
                    ? state
                    : StateDirectory.of(config, System.getenv(), System.getProperty("user.home"))),
            strict,
            insecure,
            caOptions(),
            kubernetes(),
            RegistryOptions.DEFAULTS);
    ControlServer server;
    try {
      server = ControlServer.start(options);
    } catch (ControlServerException e) {
      String message = String.valueOf(e.getMessage());
      throw e.isUsage() ? CommandFailure.usage(message) : CommandFailure.failed(message);
    }
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "inmesh-shutdown"));
    announce(server);
    server.awaitTermination();
    return 0;
  }

  private KubernetesApi kubernetes() {
    KubernetesApi inCluster = KubernetesApi.inCluster(System.getenv());
    return new KubernetesApi(
        kubernetesApi != null ? kubernetesApi : inCluster.server(),
        kubernetesCa != null ? kubernetesCa : inCluster.certificates(),
        kubernetesToken != null ? kubernetesToken : inCluster.token());
  }

  private CaOptions caOptions() throws CommandFailure {
    try {
      return CaOptions.DEFAULTS
          .withLeafTtl(leafTtl)
          .withPatience(patience)
          .withPluggedIn(Optional.ofNullable(ca))
          .withPassphrase(Optional.ofNullable(System.getenv("INMESH_CA_PASSPHRASE")));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--leaf-ttl: " + e.getMessage());
    }
  }

  private void announce(ControlServer server) throws CommandFailure {
    if (readyFile != null) {
      writeReadyFile(server, readyFile);
    }
    if (spec != null) {
      var out = spec.commandLine().getOut();
      out.println(
          "inmesh control server ready: xds "
              + HostPort.text(server.xdsAddress())
              + (insecure ? " (plaintext, --insecure)" : " (TLS)")
              + ", admin "
              + admin(server)
              + ", config "
              + config.toAbsolutePath().normalize()
              + ", "
              + server.resourceCount()
              + " resources, "
              + server.findings().size()
              + (server.findings().size() == 1 ? " finding" : " findings"));
      out.flush();
    }
  }

  private String admin(ControlServer server) {
    return (insecure ? "http://" : "https://") + HostPort.text(server.adminAddress());
  }

  private void writeReadyFile(ControlServer server, Path file) throws CommandFailure {
    Map<String, Object> ready = new LinkedHashMap<>();
    ready.put("xds", HostPort.text(server.xdsAddress()));
    ready.put("admin", admin(server));
    ready.put("pid", ProcessHandle.current().pid());
    ready.put("version", Version.text());
    ready.put("config", config.toAbsolutePath().normalize().toString());
    ready.put("resources", server.resourceCount());
    ready.put("findings", server.findings().size());
    try {
      // Whoever waits for the file must never read half of it.
      Path next = file.resolveSibling(file.getFileName() + ".next");
      Files.writeString(next, JsonMapper.builder().build().writeValueAsString(ready) + "\n");
      Files.move(next, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      server.close();
      throw CommandFailure.failed("cannot write --ready-file " + file + ": " + e);
    }
  }
}
