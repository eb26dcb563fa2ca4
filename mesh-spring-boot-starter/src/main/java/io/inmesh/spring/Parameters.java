package io.inmesh.spring;

import java.net.URLDecoder;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parameters of queries and forms, as {@code application/x-www-form-urlencoded} has them. */
final class Parameters {
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  /** Adds those of a query or form; what cannot be decoded is left out, as containers do. */
  void add(@Nullable String encoded, Charset charset) {
    if (encoded == null || encoded.isEmpty()) {
      return;
    }
    for (String parameter : encoded.split("&")) {
      int equals = parameter.indexOf('=');
      String name = equals < 0 ? parameter : parameter.substring(0, equals);
      String value = equals < 0 ? "" : parameter.substring(equals + 1);
      if (!parameter.isEmpty() && isEncoded(name, charset) && isEncoded(value, charset)) {
        add(URLDecoder.decode(name, charset), URLDecoder.decode(value, charset));
      }
    }
  }

  private static boolean isEncoded(String text, Charset charset) {
    try {
      return URLDecoder.decode(text, charset) != null;
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  void add(String name, String value) {
    values.computeIfAbsent(name, added -> new ArrayList<>(1)).add(value);
  }

  int count(String name) {
    List<String> known = values.get(name);
    return known == null ? 0 : known.size();
  }

  Map<String, String[]> toMap() {
    Map<String, String[]> map = new LinkedHashMap<>();
    values.forEach((name, all) -> map.put(name, all.toArray(String[]::new)));
    return map;
  }
}
