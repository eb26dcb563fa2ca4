package io.inmesh.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Envoy's texts with command operators: {@code %OPERATOR%}; {@code %%} is a percent sign. */
public final class CommandOperators {
  private CommandOperators() {}

  /**
   * Takes a text apart.
   *
   * @param text makes a part of what stands between operators
   * @param operator makes a part of an operator, given without its percent signs
   * @throws IllegalArgumentException if an operator is not closed
   */
  public static <P> List<P> split(
      String format, Function<String, P> text, Function<String, P> operator) {
    List<P> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at);
      if (c != '%') {
        literal.append(c);
        at++;
      } else if (at + 1 < format.length() && format.charAt(at + 1) == '%') {
        literal.append('%');
        at += 2;
      } else {
        int close = format.indexOf('%', at + 1);
        if (close < 0) {
          throw new IllegalArgumentException(
              "'"
                  + format
                  + "': the operator at "
                  + at
                  + " has no closing % (%% is a percent sign)");
        }
        if (!literal.isEmpty()) {
          parts.add(text.apply(literal.toString()));
          literal.setLength(0);
        }
        parts.add(operator.apply(format.substring(at + 1, close)));
        at = close + 1;
      }
    }
    if (!literal.isEmpty()) {
      parts.add(text.apply(literal.toString()));
    }
    return parts;
  }
}
