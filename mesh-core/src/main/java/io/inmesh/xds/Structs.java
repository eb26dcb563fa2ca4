package io.inmesh.xds;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.inmesh.model.RawSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON-like settings, bounded in depth. */
final class Structs {
  private static final int MAX_NESTING = 32;

  private Structs() {}

  static RawSettings raw(Struct struct, FieldPath path) throws Rejection {
    return new RawSettings(map(struct, path, 0));
  }

  private static Map<String, Object> map(Struct struct, FieldPath path, int depth)
      throws Rejection {
    if (depth > MAX_NESTING) {
      throw new Rejection(path, "is nested too deeply");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, Value> entry : struct.getFieldsMap().entrySet()) {
      Object value = value(entry.getValue(), path.key("fields", entry.getKey()), depth);
      if (value != null) {
        values.put(entry.getKey(), value);
      }
    }
    return values;
  }

  private static @Nullable Object value(Value value, FieldPath path, int depth) throws Rejection {
    return switch (value.getKindCase()) {
      case NUMBER_VALUE -> value.getNumberValue();
      case STRING_VALUE -> value.getStringValue();
      case BOOL_VALUE -> value.getBoolValue();
      case STRUCT_VALUE -> map(value.getStructValue(), path, depth + 1);
      case LIST_VALUE -> list(value.getListValue(), path, depth + 1);
      case NULL_VALUE, KIND_NOT_SET -> null;
    };
  }

  private static List<Object> list(ListValue list, FieldPath path, int depth) throws Rejection {
    if (depth > MAX_NESTING) {
      throw new Rejection(path, "is nested too deeply");
    }
    List<Object> values = new ArrayList<>(list.getValuesCount());
    for (int i = 0; i < list.getValuesCount(); i++) {
      Object value = value(list.getValues(i), path.field("values", i), depth);
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }
}
