package io.inmesh.model;

import java.util.Map;

/**
 * Settings of a filter that the library does not know, as JSON-like values (from {@code
 * xds.type.v3.TypedStruct} or {@code google.protobuf.Struct}).
 *
 * @param values by field name; nested maps, lists, strings, doubles, booleans
 */
public record RawSettings(Map<String, Object> values) {
  public RawSettings {
    values = Map.copyOf(values);
  }
}
