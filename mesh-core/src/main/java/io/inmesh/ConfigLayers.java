package io.inmesh;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Settings from all sources, the strongest first. Confined to one thread. */
final class ConfigLayers {
  /** A value as text and where it comes from, for messages. */
  record Setting(String value, String source) {}

  /** Names a YAML file. */
  static final String FILE_VARIABLE = "INMESH_CONFIG";

  private static final System.Logger LOG = System.getLogger(MeshConfig.class.getName());
  private static final String PREFIX = "INMESH_";

  private final Map<ConfigKey, Setting> explicit = new EnumMap<>(ConfigKey.class);

  /** Where the SPIFFE Workload API is, as its standard says. */
  private static final String SPIFFE_VARIABLE = "SPIFFE_ENDPOINT_SOCKET";

  private final Map<ConfigKey, Setting> environment = new EnumMap<>(ConfigKey.class);
  private final Map<ConfigKey, Setting> file = new EnumMap<>(ConfigKey.class);
  private final Map<ConfigKey, Setting> bootstrap = new EnumMap<>(ConfigKey.class);

  void set(ConfigKey key, String value) {
    explicit.put(key, new Setting(value, "the builder's " + key.key()));
  }

  void file(Path path) {
    file.putAll(ConfigFile.read(path, "the configuration file"));
  }

  void environment(Map<String, String> variables) {
    for (ConfigKey key : ConfigKey.values()) {
      String value = variables.get(key.variable());
      if (value != null && !value.isEmpty()) {
        environment.put(key, new Setting(value, "environment variable " + key.variable()));
      }
    }
    for (String variable : variables.keySet()) {
      warnOfMisspelling(variable);
    }
    String config = variables.get(FILE_VARIABLE);
    if (config != null && !config.isEmpty()) {
      file.putAll(ConfigFile.read(ConfigFile.path(config, FILE_VARIABLE), FILE_VARIABLE));
    }
    bootstrap.putAll(GrpcBootstrap.read(variables));
    String socket = variables.get(SPIFFE_VARIABLE);
    if (socket != null && !socket.isEmpty()) {
      bootstrap.put(
          ConfigKey.WORKLOAD_API, new Setting(socket, "environment variable " + SPIFFE_VARIABLE));
    }
  }

  /** The strongest value; null: none. */
  @Nullable Setting find(ConfigKey key) {
    for (Map<ConfigKey, Setting> layer : List.of(explicit, environment, file, bootstrap)) {
      Setting setting = layer.get(key);
      if (setting != null) {
        return setting;
      }
    }
    return null;
  }

  private static void warnOfMisspelling(String variable) {
    if (!variable.startsWith(PREFIX) || variable.equals(FILE_VARIABLE)) {
      return;
    }
    List<String> known =
        java.util.Arrays.stream(ConfigKey.values()).map(ConfigKey::variable).toList();
    String meant = known.contains(variable) ? null : Spelling.nearest(variable, known);
    if (meant != null) {
      LOG.log(
          Level.WARNING,
          "environment variable {0} is not known, did you mean {1}?",
          variable,
          meant);
    }
  }
}
