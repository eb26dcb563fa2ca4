package io.inmesh.server.config;

import java.util.List;
import java.util.Map;

/** A parsed value that knows where it was written. Aliases are resolved to the node they name. */
sealed interface Node {

  /** From 1. */
  int line();

  /** From 1. */
  int column();

  /** As messages call it. */
  String describe();

  /**
   * A mapping.
   *
   * @param entries in the order written; of two equal keys the first one
   * @param repeated the places of keys that were there already
   */
  record Mapping(Map<String, Entry> entries, List<Repeated> repeated, int line, int column)
      implements Node {
    @Override
    public String describe() {
      return "a mapping";
    }
  }

  /** A value and the place of its key. */
  record Entry(Node value, int line, int column) {}

  /** A key that was there already. */
  record Repeated(String key, int line, int column) {}

  /** A list. */
  record Sequence(List<Node> items, int line, int column) implements Node {
    @Override
    public String describe() {
      return "a list";
    }
  }

  /** A single value with its text as written. */
  record Scalar(Type type, String text, int line, int column) implements Node {
    @Override
    public String describe() {
      return switch (type) {
        case STRING -> "the string " + Words.quote(text);
        case INTEGER, DECIMAL -> "the number " + Words.cut(text);
        case BOOLEAN -> text;
        case NULL -> "nothing";
      };
    }
  }

  /** What a plain scalar was taken for; quoted ones are always strings. */
  enum Type {
    STRING,
    INTEGER,
    DECIMAL,
    BOOLEAN,
    NULL
  }

  /** Whether it is null, which everywhere means the same as leaving the field out. */
  default boolean isNull() {
    return this instanceof Scalar scalar && scalar.type() == Type.NULL;
  }
}
