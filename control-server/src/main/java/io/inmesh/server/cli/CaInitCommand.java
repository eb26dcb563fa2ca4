package io.inmesh.server.cli;

import io.inmesh.server.ca.CaException;
import io.inmesh.server.ca.CaOptions;
import io.inmesh.server.ca.RootKey;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "init",
    description = {
      "Makes a root whose key you keep, and the state directory of a server that has none yet. A",
      "server that is started without it makes a root of its own, whose key is kept nowhere."
    },
    mixinStandardHelpOptions = true)
final class CaInitCommand implements Callable<Integer> {
  @Mixin private final RootKeyOptions rootKey = new RootKeyOptions();

  @Option(
      names = "--state",
      paramLabel = "DIR",
      required = true,
      description = "What the server is started with as --state.")
  private Path state = Path.of("");

  @Option(
      names = "--trust-domain",
      paramLabel = "NAME",
      description = "As in MeshDefaults (default: ${DEFAULT-VALUE}).",
      defaultValue = "cluster.local")
  private String trustDomain = "cluster.local";

  @Override
  public Integer call() throws CommandFailure {
    try {
      CaOptions options =
          CaOptions.DEFAULTS
              .withTrustDomain(trustDomain)
              .withPassphrase(Optional.ofNullable(System.getenv("INMESH_CA_PASSPHRASE")));
      RootKey.setUp(options, state, rootKey.required(), rootKey.requiredPassphrase());
      return 0;
    } catch (CaException | IllegalArgumentException e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()));
    }
  }
}
