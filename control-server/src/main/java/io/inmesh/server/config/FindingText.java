package io.inmesh.server.config;

import java.util.List;
import java.util.Locale;

/**
 * Findings as lines of text, one each: {@code file:line:column: error IM1203 HTTPRoute shop/orders
 * spec.rules[0].matches[0].path.typ: unknown field; did you mean 'type'?}.
 */
public final class FindingText {

  private FindingText() {}

  /** One line per finding, each ended by a line feed. */
  public static String render(List<Finding> findings) {
    StringBuilder out = new StringBuilder();
    for (Finding finding : findings) {
      out.append(line(finding)).append('\n');
    }
    return out.toString();
  }

  /** One finding, without a line end; control characters of the input are shown as {@code ?}. */
  public static String line(Finding finding) {
    StringBuilder out = new StringBuilder();
    if (!finding.file().isEmpty()) {
      out.append(finding.provenance()).append(": ");
    }
    out.append(finding.level().name().toLowerCase(Locale.ROOT))
        .append(' ')
        .append(finding.code().id());
    if (finding.resource() != null) {
      out.append(' ').append(finding.resource());
    }
    String path = path(finding.pointer());
    if (!path.isEmpty()) {
      out.append(' ').append(path);
    }
    out.append(": ").append(finding.message());
    if (!finding.hint().isEmpty()) {
      out.append("; ").append(finding.hint());
    }
    return printable(out);
  }

  /** {@code /spec/rules/0/name} as {@code spec.rules[0].name}. */
  static String path(String pointer) {
    StringBuilder out = new StringBuilder();
    for (String escaped : pointer.split("/")) {
      if (escaped.isEmpty()) {
        continue;
      }
      String part = escaped.replace("~1", "/").replace("~0", "~");
      if (part.chars().allMatch(c -> c >= '0' && c <= '9')) {
        out.append('[').append(part).append(']');
      } else if (part.contains(".") || part.contains("/")) {
        out.append("['").append(part).append("']");
      } else {
        out.append(out.isEmpty() ? "" : ".").append(part);
      }
    }
    return out.toString();
  }

  private static String printable(StringBuilder text) {
    for (int i = 0; i < text.length(); i++) {
      int type = Character.getType(text.charAt(i));
      boolean hidden =
          type == Character.CONTROL
              || type == Character.FORMAT
              || type == Character.LINE_SEPARATOR
              || type == Character.PARAGRAPH_SEPARATOR;
      if (hidden) {
        text.setCharAt(i, '?');
      }
    }
    return text.toString();
  }
}
