package io.inmesh.server.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reads a JSON object strictly: wrong types and unknown fields are errors with their path. */
final class JsonReader {
  private final JsonNode node;
  private final String prefix;

  private JsonReader(JsonNode node, String prefix) {
    this.node = node;
    this.prefix = prefix;
  }

  /** Opens an object that may have these fields and no others. */
  static JsonReader object(JsonNode node, String path, Set<String> fields) throws AdminException {
    String prefix = path.isEmpty() ? "" : path + ".";
    if (!node.isObject()) {
      throw AdminException.badRequest(path, "must be an object");
    }
    for (String name : node.propertyNames()) {
      if (!fields.contains(name)) {
        throw AdminException.badRequest(
            prefix + name, "unknown field; known are " + String.join(", ", fields));
      }
    }
    return new JsonReader(node, prefix);
  }

  private JsonNode get(String field) {
    JsonNode value = node.path(field);
    return value.isNull() ? node.path("\0absent") : value;
  }

  /** A string; empty if absent. */
  String string(String field) throws AdminException {
    JsonNode value = get(field);
    if (value.isMissingNode()) {
      return "";
    }
    if (!value.isString()) {
      throw AdminException.badRequest(prefix + field, "must be a string");
    }
    return value.asString();
  }

  /** An integer; 0 if absent. */
  long integer(String field) throws AdminException {
    JsonNode value = get(field);
    if (value.isMissingNode()) {
      return 0;
    }
    if (!value.isIntegralNumber() || !value.canConvertToLong()) {
      throw AdminException.badRequest(prefix + field, "must be an integer");
    }
    return value.asLong();
  }

  /** The elements of an array with their paths; empty if absent. */
  Map<String, JsonNode> array(String field) throws AdminException {
    JsonNode value = get(field);
    if (!value.isMissingNode() && !value.isArray()) {
      throw AdminException.badRequest(prefix + field, "must be a list");
    }
    Map<String, JsonNode> elements = new LinkedHashMap<>();
    for (JsonNode element : value) {
      elements.put(prefix + field + "[" + elements.size() + "]", element);
    }
    return elements;
  }

  /** A nested object that may be absent. */
  JsonReader object(String field, Set<String> fields) throws AdminException {
    JsonNode value = get(field);
    return value.isMissingNode()
        ? new JsonReader(value, prefix + field + ".")
        : object(value, prefix + field, fields);
  }

  /** An object whose values are strings; empty if absent. */
  Map<String, String> strings(String field) throws AdminException {
    JsonNode value = get(field);
    Map<String, String> strings = new LinkedHashMap<>();
    if (value.isMissingNode()) {
      return strings;
    }
    List<String> names = new ArrayList<>();
    if (!value.isObject()) {
      throw AdminException.badRequest(prefix + field, "must be an object of strings");
    }
    names.addAll(value.propertyNames());
    for (String name : names) {
      JsonNode text = value.path(name);
      if (!text.isString()) {
        throw AdminException.badRequest(prefix + field + "[" + name + "]", "must be a string");
      }
      strings.put(name, text.asString());
    }
    return strings;
  }
}
