package io.inmesh.server.cli;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Where state goes when nobody says: one directory per user and configuration directory. */
final class StateDirectory {
  private StateDirectory() {}

  static Path of(Path config, Map<String, String> environment, String home) {
    String own = environment.get("INMESH_STATE_DIR");
    if (own != null && !own.isEmpty()) {
      return Path.of(own);
    }
    String base = environment.get("XDG_STATE_HOME");
    Path root = isAbsolute(base) ? Path.of(base) : Path.of(home).resolve(".local").resolve("state");
    Path absolute = config.toAbsolutePath().normalize();
    CRC32C crc = new CRC32C();
    crc.update(absolute.toString().getBytes(StandardCharsets.UTF_8));
    Path name = absolute.getFileName();
    // Two meshes on one machine must not inherit each other's instances.
    return root.resolve("inmesh")
        .resolve((name == null ? "root" : name) + "-" + Long.toHexString(crc.getValue()));
  }

  private static boolean isAbsolute(@Nullable String path) {
    return path != null && Path.of(path).isAbsolute();
  }
}
