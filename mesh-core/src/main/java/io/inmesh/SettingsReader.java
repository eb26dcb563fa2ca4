package io.inmesh;

import com.google.common.net.InetAddresses;
import io.inmesh.ConfigLayers.Setting;
import io.inmesh.model.Locality;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads settings; every failure says which setting, where it comes from and what is expected. */
final class SettingsReader {
  private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
  private static final Pattern PIN = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
  private static final Pattern INSTANCE = Pattern.compile("[A-Za-z0-9][-A-Za-z0-9._]{0,252}");
  private static final Pattern LABEL_KEY = Pattern.compile("[A-Za-z0-9][-A-Za-z0-9._/]{0,252}");

  private final Function<ConfigKey, @Nullable Setting> settings;

  SettingsReader(Function<ConfigKey, @Nullable Setting> settings) {
    this.settings = settings;
  }

  String text(ConfigKey key) {
    String value = optional(key);
    if (value == null) {
      throw new IllegalArgumentException(
          key.key()
              + " is not set: "
              + key.meaning()
              + "; set "
              + key.variable()
              + ", '"
              + key.key()
              + "' in the file, or the builder's");
    }
    return value;
  }

  @Nullable String optional(ConfigKey key) {
    Setting setting = settings.apply(key);
    return setting == null ? key.unset() : setting.value().strip();
  }

  String address(ConfigKey key) {
    String value = text(key);
    int colon = value.lastIndexOf(':');
    if (value.contains("://") || value.startsWith("dns:") || value.startsWith("unix:")) {
      if (value.startsWith("http://") || value.startsWith("https://")) {
        throw bad(key, value, "host:port without a scheme");
      }
      return value;
    }
    int port;
    try {
      port = Integer.parseInt(value.substring(colon + 1));
    } catch (NumberFormatException e) {
      port = 0;
    }
    if (colon <= 0
        || port < 1
        || port > 65_535
        || (value.indexOf(':') != colon && !value.startsWith("["))
        || value.indexOf('/') >= 0
        || value.indexOf(' ') >= 0) {
      throw bad(key, value, "host:port, as in control.example:15012");
    }
    return value;
  }

  String dnsLabel(ConfigKey key) {
    String value = text(key);
    if (!DNS_LABEL.matcher(value).matches()) {
      throw bad(key, value, "lower-case letters, digits and '-', at most 63");
    }
    return value;
  }

  String instance() {
    String value = text(ConfigKey.INSTANCE);
    if (value.isEmpty()) {
      return InstanceName.next();
    }
    if (!INSTANCE.matcher(value).matches()) {
      throw bad(ConfigKey.INSTANCE, value, "letters, digits, '.', '_' and '-'");
    }
    return value;
  }

  String ipOrEmpty(ConfigKey key) {
    String value = text(key);
    if (!value.isEmpty() && !InetAddresses.isInetAddress(value)) {
      throw bad(key, value, "an IP address");
    }
    return value;
  }

  Map<String, String> labels(String version) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (String pair : text(ConfigKey.LABELS).split(",", -1)) {
      if (pair.isBlank()) {
        continue;
      }
      int equals = pair.indexOf('=');
      String name = equals < 0 ? "" : pair.substring(0, equals).strip();
      if (!LABEL_KEY.matcher(name).matches()) {
        throw bad(ConfigKey.LABELS, pair, "key=value,key=value");
      }
      labels.put(name, pair.substring(equals + 1).strip());
    }
    labels.putIfAbsent("app", text(ConfigKey.SERVICE));
    if (!version.isEmpty()) {
      labels.putIfAbsent("version", version);
    }
    return Map.copyOf(labels);
  }

  Locality locality() {
    String value = text(ConfigKey.LOCALITY);
    String[] parts = value.split("/", -1);
    if (parts.length > 3) {
      throw bad(ConfigKey.LOCALITY, value, "region/zone/subzone");
    }
    return new Locality(
        parts[0], parts.length > 1 ? parts[1] : "", parts.length > 2 ? parts[2] : "");
  }

  int positive(ConfigKey key) {
    String value = text(key);
    try {
      int number = Integer.parseInt(value);
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw bad(key, value, "a number from 1");
  }

  boolean flag(ConfigKey key) {
    String value = text(key);
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw bad(key, value, "true or false");
    };
  }

  @Nullable Path pathOrNull(ConfigKey key) {
    String value = optional(key);
    try {
      return value == null ? null : Path.of(value);
    } catch (InvalidPathException e) {
      throw bad(key, value, "a path");
    }
  }

  /** Those by which the control server is known where there is no join token that has them. */
  Set<String> pins() {
    Set<String> pins = set(ConfigKey.ROOT_PINS);
    if (!pins.stream().allMatch(pin -> PIN.matcher(pin).matches())) {
      throw bad(
          ConfigKey.ROOT_PINS, text(ConfigKey.ROOT_PINS), "64 hex digits each, comma-separated");
    }
    for (ConfigKey file : List.of(ConfigKey.KUBERNETES_TOKEN_FILE, ConfigKey.OIDC_TOKEN_FILE)) {
      if (optional(file) != null && optional(ConfigKey.TOKEN) == null && pins.isEmpty()) {
        throw new IllegalArgumentException(
            file.key()
                + " needs "
                + ConfigKey.ROOT_PINS.key()
                + ", by which the control server is known: 'inmesh ca status -o json' shows them");
      }
    }
    return pins;
  }

  Set<String> set(ConfigKey key) {
    Set<String> values = new LinkedHashSet<>();
    for (String part : text(key).split(",", -1)) {
      if (!part.isBlank()) {
        values.add(part.strip());
      }
    }
    return Set.copyOf(values);
  }

  /** Null: not said. */
  MeshConfig.@Nullable OutboundTrafficPolicy policy() {
    String value = optional(ConfigKey.OUTBOUND_TRAFFIC_POLICY);
    if (value == null) {
      return null;
    }
    for (MeshConfig.OutboundTrafficPolicy policy : MeshConfig.OutboundTrafficPolicy.values()) {
      if (policy.name().equalsIgnoreCase(value)) {
        return policy;
      }
    }
    throw bad(ConfigKey.OUTBOUND_TRAFFIC_POLICY, value, "REGISTRY_ONLY or ALLOW_ANY");
  }

  Duration duration(ConfigKey key) {
    String value = text(key);
    Matcher matcher = DURATION.matcher(value);
    if (!matcher.matches()) {
      throw bad(key, value, "a duration such as 500ms, 15s or 2m");
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }

  private IllegalArgumentException bad(ConfigKey key, String value, String expected) {
    Setting setting = settings.apply(key);
    String shown = value.length() > 100 ? value.substring(0, 100) + "…" : value;
    return new IllegalArgumentException(
        (setting == null ? key.key() : setting.source())
            + ": '"
            + shown
            + "' is not accepted, expected "
            + expected);
  }
}
