package io.inmesh.server.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

@Command(
    name = "inmesh",
    description = "A service mesh that runs inside the JVM: its control server and tools.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:done", "1:failed, or errors were found", "2:wrong usage"},
    subcommands = {
      ServeCommand.class,
      ValidateCommand.class,
      ClientsCommand.class,
      ServicesCommand.class,
      EnvoyCommand.class,
      TokenCommand.class,
      CaCommand.class,
      IdentityCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    })
final class InmeshCommand extends CommandGroup {}
