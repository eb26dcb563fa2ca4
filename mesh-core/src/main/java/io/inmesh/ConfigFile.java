package io.inmesh;

import io.inmesh.ConfigLayers.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.dataformat.yaml.YAMLFactory;

/**
 * Reads a YAML file of settings: one mapping, keys as in {@link ConfigKey}; labels may be a
 * mapping, sets a sequence. Every failure says {@code file:line:column}.
 */
final class ConfigFile {
  private static final long MAX_BYTES = 1 << 20;

  private final String name;
  private final JsonParser parser;

  private ConfigFile(String name, JsonParser parser) {
    this.name = name;
    this.parser = parser;
  }

  /** A path, or a clear failure. */
  static Path path(String value, String source) {
    try {
      return Path.of(value);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(source + ": '" + value + "' is no path", e);
    }
  }

  /**
   * The settings of a file.
   *
   * @param source who named the file
   */
  static Map<ConfigKey, Setting> read(Path path, String source) {
    byte[] bytes;
    try {
      if (Files.size(path) > MAX_BYTES) {
        throw new IllegalArgumentException(
            source + ": '" + path + "' is larger than " + MAX_BYTES + " bytes");
      }
      bytes = Files.readAllBytes(path);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          source + ": '" + path + "' cannot be read (" + e.getClass().getSimpleName() + ")", e);
    }
    String name = String.valueOf(path.getFileName());
    try (JsonParser parser = new YAMLFactory().createParser(ObjectReadContext.empty(), bytes)) {
      return new ConfigFile(name, parser).settings();
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          at(name, e.getLocation()) + ": is no YAML: " + e.getOriginalMessage(), e);
    }
  }

  private Map<ConfigKey, Setting> settings() {
    Map<ConfigKey, Setting> settings = new EnumMap<>(ConfigKey.class);
    JsonToken token = parser.nextToken();
    if (token == null) {
      return settings;
    }
    if (token != JsonToken.START_OBJECT) {
      throw bad("must be a mapping of settings");
    }
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String written = parser.currentName();
      ConfigKey key = key(written);
      String source = at(name, parser.currentTokenLocation()) + ": " + written;
      if (settings.containsKey(key)) {
        throw bad("'" + written + "' is set twice");
      }
      parser.nextToken();
      String value = value(key);
      if (value != null) {
        settings.put(key, new Setting(value, source));
      }
    }
    if (parser.nextToken() != null) {
      throw bad("there is more than one document");
    }
    return settings;
  }

  private ConfigKey key(@Nullable String written) {
    Map<String, ConfigKey> known = new LinkedHashMap<>();
    Arrays.stream(ConfigKey.values()).forEach(key -> known.put(key.key(), key));
    ConfigKey key = written == null ? null : known.get(written);
    if (key != null) {
      return key;
    }
    String meant = written == null ? null : Spelling.nearest(written, known.keySet());
    throw bad(
        "unknown setting '"
            + written
            + "'"
            + (meant == null
                ? ", known are " + known.keySet()
                : ", did you mean '" + meant + "'?"));
  }

  private @Nullable String value(ConfigKey key) {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    if (token != null && token.isScalarValue()) {
      return parser.getString();
    }
    if (token == JsonToken.START_OBJECT && key == ConfigKey.LABELS) {
      StringJoiner pairs = new StringJoiner(",");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String label = parser.currentName();
        parser.nextToken();
        pairs.add(label + "=" + element());
      }
      return pairs.toString();
    }
    if (token == JsonToken.START_ARRAY
        && (key == ConfigKey.DEPENDENCIES || key == ConfigKey.MESH_HOSTS)) {
      StringJoiner elements = new StringJoiner(",");
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        elements.add(element());
      }
      return elements.toString();
    }
    throw bad(
        "'"
            + key.key()
            + "' must be "
            + switch (key) {
              case LABELS -> "a mapping of labels";
              case DEPENDENCIES, MESH_HOSTS -> "a sequence of names";
              default -> "a single value";
            });
  }

  private String element() {
    JsonToken token = parser.currentToken();
    if (token == null || !token.isScalarValue() || parser.getString().indexOf(',') >= 0) {
      throw bad("must be a single value without a comma");
    }
    return parser.getString();
  }

  private IllegalArgumentException bad(String what) {
    return new IllegalArgumentException(at(name, parser.currentTokenLocation()) + ": " + what);
  }

  private static String at(String name, @Nullable TokenStreamLocation location) {
    return location == null
        ? name
        : name + ":" + location.getLineNr() + ":" + location.getColumnNr();
  }
}
