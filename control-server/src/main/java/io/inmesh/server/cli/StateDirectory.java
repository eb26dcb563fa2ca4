package io.inmesh.server.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** Where state goes when nobody says: one directory per user and configuration directory. */
final class StateDirectory {
  private StateDirectory() {}

  static Path of(Path config, Map<String, String> environment, String home) {
    String own = environment.getOrDefault("INMESH_STATE_DIR", "");
    if (!own.isEmpty()) {
      return Path.of(own);
    }
    Path absolute = config.toAbsolutePath().normalize();
    CRC32C crc = new CRC32C();
    crc.update(absolute.toString().getBytes(StandardCharsets.UTF_8));
    Path name = absolute.getFileName();
    // Two meshes on one machine must not inherit each other's instances.
    return root(environment, home)
        .resolve((name == null ? "root" : name) + "-" + Long.toHexString(crc.getValue()));
  }

  /** Those of all servers that this user has run on this machine without saying where. */
  static List<Path> all(Map<String, String> environment, String home) {
    String own = environment.getOrDefault("INMESH_STATE_DIR", "");
    if (!own.isEmpty()) {
      return List.of(Path.of(own));
    }
    try (Stream<Path> directories = Files.list(root(environment, home))) {
      return directories.sorted().toList();
    } catch (IOException none) {
      return List.of();
    }
  }

  private static Path root(Map<String, String> environment, String home) {
    Path base = Path.of(environment.getOrDefault("XDG_STATE_HOME", ""));
    return (base.isAbsolute() ? base : Path.of(home, ".local", "state")).resolve("inmesh");
  }
}
