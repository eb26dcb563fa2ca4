package io.inmesh.testing;

import io.inmesh.call.Headers;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Header fields in a list. Confined to one thread. */
public final class FakeHeaders implements Headers {
  private record Field(String name, String value) {}

  private final List<Field> fields = new ArrayList<>();

  /** Fields from alternating names and values. */
  public static FakeHeaders of(String... namesAndValues) {
    FakeHeaders headers = new FakeHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  @Override
  public @Nullable String get(String name) {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.get(i).name().equals(name)) {
        return fields.get(i).value();
      }
    }
    return null;
  }

  @Override
  public List<String> all(String name) {
    return fields.stream().filter(field -> field.name().equals(name)).map(Field::value).toList();
  }

  @Override
  public void set(String name, String value) {
    remove(name);
    add(name, value);
  }

  @Override
  public void add(String name, String value) {
    fields.add(new Field(name.toLowerCase(Locale.ROOT), value));
  }

  @Override
  public void remove(String name) {
    fields.removeIf(field -> field.name().equals(name));
  }

  @Override
  public void forEach(Visitor visitor) {
    for (Field field : List.copyOf(fields)) {
      visitor.field(field.name(), field.value());
    }
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
