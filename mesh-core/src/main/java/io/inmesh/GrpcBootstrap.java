package io.inmesh;

import io.inmesh.ConfigLayers.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Reads gRPC's xDS bootstrap, so that a process moves between {@code xds:///} and Inmesh without
 * new settings: the first server, insecure credentials, and what the node says about service,
 * namespace, labels and locality. As in gRPC, unknown fields are skipped.
 */
final class GrpcBootstrap {
  /** Names a file. */
  static final String FILE_VARIABLE = "GRPC_XDS_BOOTSTRAP";

  /** Holds the text; the file is stronger. */
  static final String TEXT_VARIABLE = "GRPC_XDS_BOOTSTRAP_CONFIG";

  private static final long MAX_BYTES = 1 << 20;

  private final String source;
  private final Map<ConfigKey, Setting> settings = new EnumMap<>(ConfigKey.class);

  private GrpcBootstrap(String source) {
    this.source = source;
  }

  /** The settings of the bootstrap that an environment names; empty if it names none. */
  static Map<ConfigKey, Setting> read(Map<String, String> variables) {
    String file = variables.get(FILE_VARIABLE);
    if (file != null && !file.isEmpty()) {
      Path path = ConfigFile.path(file, FILE_VARIABLE);
      try {
        if (Files.size(path) > MAX_BYTES) {
          throw new IllegalArgumentException(
              FILE_VARIABLE + ": '" + path + "' is larger than " + MAX_BYTES + " bytes");
        }
        return parse(FILE_VARIABLE, Files.readString(path));
      } catch (IOException e) {
        throw new IllegalArgumentException(
            FILE_VARIABLE
                + ": '"
                + path
                + "' cannot be read ("
                + e.getClass().getSimpleName()
                + ")",
            e);
      }
    }
    String text = variables.get(TEXT_VARIABLE);
    return text == null || text.isEmpty() ? Map.of() : parse(TEXT_VARIABLE, text);
  }

  private static Map<ConfigKey, Setting> parse(String source, String text) {
    JsonNode root;
    try {
      root = JsonMapper.shared().readTree(text);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          source
              + ": line "
              + (e.getLocation() == null ? 0 : e.getLocation().getLineNr())
              + " is no JSON: "
              + e.getOriginalMessage(),
          e);
    }
    GrpcBootstrap bootstrap = new GrpcBootstrap(source);
    bootstrap.server(root.path("xds_servers").path(0));
    bootstrap.node(root.path("node"));
    return bootstrap.settings;
  }

  private void server(JsonNode server) {
    set(ConfigKey.CONTROL_SERVER, server.path("server_uri"));
    for (JsonNode credentials : server.path("channel_creds")) {
      String type = credentials.path("type").asString("");
      if (type.equals("insecure")) {
        put(ConfigKey.INSECURE, "true");
        return;
      }
      if (type.equals("tls") || type.equals("google_default")) {
        return;
      }
    }
  }

  private void node(JsonNode node) {
    set(ConfigKey.SERVICE, node.path("cluster"));
    String id = node.path("id").asString("");
    int slash = id.indexOf('/');
    if (slash > 0) {
      // Ours: service.namespace/instance.
      String name = id.substring(0, slash);
      int dot = name.indexOf('.');
      if (dot > 0 && name.indexOf('.', dot + 1) < 0) {
        settings.putIfAbsent(ConfigKey.SERVICE, new Setting(name.substring(0, dot), source));
        put(ConfigKey.NAMESPACE, name.substring(dot + 1));
        put(ConfigKey.INSTANCE, id.substring(slash + 1));
      }
    }
    JsonNode metadata = node.path("metadata");
    set(ConfigKey.NAMESPACE, metadata.path("NAMESPACE"));
    if (metadata.path("LABELS").isObject()) {
      StringJoiner labels = new StringJoiner(",");
      metadata
          .path("LABELS")
          .properties()
          .forEach(label -> labels.add(label.getKey() + "=" + label.getValue().asString("")));
      put(ConfigKey.LABELS, labels.toString());
    }
    JsonNode locality = node.path("locality");
    if (locality.isObject()) {
      put(
          ConfigKey.LOCALITY,
          locality.path("region").asString("")
              + "/"
              + locality.path("zone").asString("")
              + "/"
              + locality.path("sub_zone").asString(""));
    }
  }

  private void set(ConfigKey key, JsonNode value) {
    if (value.isString() && !value.asString().isEmpty()) {
      put(key, value.asString());
    }
  }

  private void put(ConfigKey key, String value) {
    settings.put(key, new Setting(value, source + "'s " + key.key()));
  }
}
