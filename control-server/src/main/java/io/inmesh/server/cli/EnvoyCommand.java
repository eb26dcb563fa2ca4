package io.inmesh.server.cli;

import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
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
    subcommands = EnvoyCommand.Bootstrap.class)
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
        description = "The control server's xDS address, plaintext.")
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

    @Option(names = "--delta", description = "Speaks incremental xDS.")
    private boolean delta;

    @Override
    public Integer call() {
      if (spec == null) {
        return 1;
      }
      EnvoyBootstrap bootstrap =
          new EnvoyBootstrap(control, service, namespace, instance, delta).outbound(outbound);
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
}
