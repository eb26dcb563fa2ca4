package io.inmesh.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The key of a root, which is in a file of whoever runs the command and goes to no server. */
final class RootKeyOptions {
  @Option(
      names = "--root-key",
      paramLabel = "FILE",
      description = "The root's key, PEM, encrypted; it is not sent to the server.")
  @Nullable Path file;

  @Option(names = "--passphrase", interactive = true, description = "Ask for its passphrase.")
  private @Nullable String passphrase;

  @Option(
      names = "--passphrase-file",
      paramLabel = "FILE",
      description =
          "File with its passphrase (default: the value of $$INMESH_ROOT_PASSPHRASE, if any).")
  private @Nullable Path passphraseFile;

  /** The file of an option that must be there. */
  Path required() throws CommandFailure {
    if (file == null) {
      throw CommandFailure.usage("--root-key FILE is missing");
    }
    return file;
  }

  /** What a new key is encrypted with. */
  String requiredPassphrase() throws CommandFailure {
    return passphrase()
        .orElseThrow(
            () ->
                CommandFailure.usage(
                    "the root's key needs a passphrase: --passphrase, --passphrase-file or"
                        + " INMESH_ROOT_PASSPHRASE"));
  }

  Optional<String> passphrase() throws CommandFailure {
    String said = passphrase;
    if (said == null && passphraseFile != null) {
      try {
        said = Files.readString(passphraseFile).strip();
      } catch (IOException e) {
        throw CommandFailure.failed(
            "--passphrase-file " + passphraseFile + ": cannot be read (" + e + ")");
      }
    }
    if (said == null) {
      said = System.getenv("INMESH_ROOT_PASSPHRASE");
    }
    return Optional.ofNullable(said).filter(text -> !text.isEmpty());
  }
}
