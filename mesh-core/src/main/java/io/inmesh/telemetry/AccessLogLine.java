package io.inmesh.telemetry;

import io.inmesh.model.AccessLog;
import io.inmesh.model.LogFormat.Part;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the line of a call. Much of it comes from the caller: nothing in it can end a line, a
 * quoted value or a JSON string.
 */
final class AccessLogLine {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private final AccessLogEntry entry;
  private final boolean json;
  private final StringBuilder line = new StringBuilder(256);

  private AccessLogLine(AccessLogEntry entry, boolean json) {
    this.entry = entry;
    this.json = json;
  }

  static String of(AccessLog log, AccessLogEntry entry) {
    AccessLogLine made = new AccessLogLine(entry, log.json());
    if (log.json()) {
      made.object(log.members());
    } else {
      log.members().forEach(member -> made.parts(member.format().parts()));
    }
    return made.line.toString();
  }

  private void object(List<AccessLog.Member> members) {
    line.append('{');
    for (AccessLog.Member member : members) {
      if (line.length() > 1) {
        line.append(',');
      }
      line.append('"');
      escaped(member.name());
      line.append("\":");
      List<Part> parts = member.format().parts();
      if (parts.size() == 1) {
        alone(parts.get(0));
      } else {
        line.append('"');
        parts(parts);
        line.append('"');
      }
    }
    line.append('}');
  }

  /** One value keeps its type, and may be missing. */
  private void alone(Part part) {
    String value = value(part);
    boolean number = part instanceof Part.Value known && known.operator().isNumber();
    if (value == null || number) {
      line.append(value);
    } else {
      line.append('"');
      escaped(value);
      line.append('"');
    }
  }

  private void parts(List<Part> parts) {
    for (Part part : parts) {
      String value = value(part);
      if (part instanceof Part.Text text && !json) {
        line.append(text.text());
      } else if (value == null) {
        line.append('-');
      } else {
        escaped(value);
      }
    }
  }

  /** Null: there is none. */
  private @Nullable String value(Part part) {
    String value = null;
    int longest = Integer.MAX_VALUE;
    if (part instanceof Part.Text text) {
      value = text.text();
    } else if (part instanceof Part.Value known) {
      value = entry.value(known.operator());
    } else if (part instanceof Part.Field field) {
      value = entry.field(field.name());
      if (value == null && !field.other().isEmpty()) {
        value = entry.field(field.other());
      }
      longest = field.longest();
    } else if (part instanceof Part.Path path) {
      value = entry.path(path.source(), path.query());
      longest = path.longest();
    }
    if (value == null || value.isEmpty()) {
      return null;
    }
    return value.length() > longest ? value.substring(0, longest) : value;
  }

  private void escaped(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\' && c < 0x7f) {
        line.append(c);
      } else if (c == '"' || c == '\\') {
        line.append('\\').append(c);
      } else {
        line.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          line.append(HEX[(c >> shift) & 0xf]);
        }
      }
    }
  }
}
