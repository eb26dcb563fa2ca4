package io.inmesh.server.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Reads configuration once, without memory of what was valid before: objects with errors are simply
 * left out. This is what {@code inmesh validate} does. Stateless and thread-safe.
 */
public final class ConfigLoader {

  private ConfigLoader() {}

  /** Reads a directory; whatever is wrong with it is a finding. */
  public static ConfigUpdate load(Path directory) {
    ConfigDirectory files = new ConfigDirectory(directory);
    ConfigStore store = ConfigStore.inMemory(false);
    try {
      return store.apply(files.read(files.list()).values());
    } catch (IOException e) {
      return store.freeze(unreadable(e));
    }
  }

  /**
   * Reads one text as if it were the only file.
   *
   * @param file its name, for the findings; JSON if it ends with {@code .json}, else YAML
   */
  public static ConfigUpdate parse(String file, String text) {
    ParsedFile parsed = ParsedFile.parse(file, text.getBytes(StandardCharsets.UTF_8));
    return ConfigStore.inMemory(false).apply(List.of(parsed));
  }

  static Finding unreadable(IOException e) {
    return Finding.of(
        FindingCode.DIRECTORY_UNREADABLE,
        Provenance.UNKNOWN,
        "the configuration directory cannot be read: " + e.getMessage());
  }
}
