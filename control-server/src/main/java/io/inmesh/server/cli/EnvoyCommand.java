package io.inmesh.server.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "envoy",
    description = "For services that are not Java: an Envoy beside them joins the mesh.",
    mixinStandardHelpOptions = true,
    subcommands = {EnvoyCommand.Bootstrap.class, EnvoyCommand.Identity.class})
final class EnvoyCommand extends CommandGroup {
  @Command(
      name = "bootstrap",
      description = {
        "Prints the bootstrap of an Envoy that takes its routes, clusters and endpoints from the",
        "control server: envoy -c <(inmesh envoy bootstrap --control 127.0.0.1:15010 --service"
            + " web)."
      },
      mixinStandardHelpOptions = true)
  static final class Bootstrap implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Option(
        names = "--control",
        required = true,
        paramLabel = "HOST:PORT",
        description = "The control server's xDS address.")
    private InetSocketAddress control = new InetSocketAddress(0);

    @Option(names = "--service", required = true, description = "The service it stands beside.")
    private String service = "";

    @Option(
        names = "--namespace",
        defaultValue = "default",
        description = "Its namespace; ${DEFAULT-VALUE}.")
    private String namespace = "";

    @Option(
        names = "--instance",
        defaultValue = "envoy-1",
        description = "Tells instances of the service apart; ${DEFAULT-VALUE}.")
    private String instance = "";

    @Option(
        names = "--outbound",
        defaultValue = "127.0.0.1:15001",
        paramLabel = "HOST:PORT",
        description = "Where the application sends requests to the mesh; ${DEFAULT-VALUE}.")
    private InetSocketAddress outbound = new InetSocketAddress(0);

    @Option(
        names = "--inbound",
        paramLabel = "HOST:PORT",
        description = "Where the mesh sends requests to the application; needs --app.")
    private @Nullable InetSocketAddress inbound;

    @Option(
        names = "--app",
        paramLabel = "HOST:PORT",
        description = "Where the application listens; needs --inbound.")
    private @Nullable InetSocketAddress app;

    @Option(
        names = "--identity",
        paramLabel = "SOCKET",
        description = {
          "Speaks mutual TLS with what 'inmesh envoy identity' hands out on this socket;",
          "without it, plaintext with a control server that is --insecure."
        })
    private @Nullable Path identity;

    @Option(
        names = "--trust-domain",
        defaultValue = "cluster.local",
        description = "Whose identities are believed; ${DEFAULT-VALUE}.")
    private String trustDomain = "";

    @Option(
        names = "--label",
        paramLabel = "NAME=VALUE",
        description = "A label of the application, for policies; app is the service's name.")
    private Map<String, String> labels = Map.of();

    @Option(names = "--delta", description = "Speaks incremental xDS.")
    private boolean delta;

    @Override
    public Integer call() {
      if (spec == null) {
        return 1;
      }
      EnvoyBootstrap bootstrap =
          new EnvoyBootstrap(control, service, namespace, instance, delta).label("app", service);
      labels.forEach(bootstrap::label);
      if (identity != null) {
        bootstrap.identity(trustDomain, identity);
      }
      bootstrap.outbound(outbound);
      if (inbound != null && app != null) {
        bootstrap.inbound(inbound, app);
      } else if (inbound != null || app != null) {
        throw new CommandLine.ParameterException(
            spec.commandLine(), "--inbound and --app go together");
      }
      spec.commandLine().getOut().println(bootstrap.json());
      spec.commandLine().getOut().flush();
      return 0;
    }
  }

  @Command(
      name = "identity",
      description = {
        "Keeps the identity of an Envoy and hands it out to it, until it is stopped: the key is",
        "made here and stays here, the certificate is renewed at half of its life."
      },
      mixinStandardHelpOptions = true,
      sortOptions = false)
  static final class Identity implements Callable<Integer> {
    @Option(
        names = "--control",
        required = true,
        paramLabel = "HOST:PORT",
        description = "The control server's xDS address.")
    private String control = "";

    @Option(
        names = "--socket",
        required = true,
        paramLabel = "SOCKET",
        description = "Where secrets are handed out; only the owner can open it.")
    private Path socket = Path.of("");

    @Option(
        names = "--token",
        paramLabel = "TOKEN",
        defaultValue = "${env:INMESH_TOKEN}",
        description = "What 'inmesh token create' prints; better in INMESH_TOKEN.")
    private @Nullable String token;

    @Option(
        names = "--state",
        paramLabel = "DIR",
        description = "Keeps the certificate, so that a restart needs no token.")
    private @Nullable Path state;

    @Option(
        names = "--instance",
        defaultValue = "envoy-1",
        description = "For the control server's audit log; ${DEFAULT-VALUE}.")
    private String instance = "";

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
      try (EnvoyAgent agent = EnvoyAgent.start(control, token, instance, state, socket)) {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(agent)));
        new CountDownLatch(1).await();
      } catch (IOException | IllegalArgumentException e) {
        throw CommandFailure.failed("envoy identity: " + e.getMessage());
      }
      return 0;
    }

    private static void close(EnvoyAgent agent) {
      try {
        agent.close();
      } catch (IOException e) {
        // The socket stays; the next start replaces it.
      }
    }
  }
}
