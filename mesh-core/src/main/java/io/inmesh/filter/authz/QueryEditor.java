package io.inmesh.filter.authz;

import io.inmesh.call.RequestHead;
import io.inmesh.model.AccessAnswer.QueryChange;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Changes the query parameters of a request. Names are compared as applications decode them, so
 * that nobody keeps a parameter by writing its name with escapes. Stateless.
 */
final class QueryEditor {
  /** What a name or value of a query is written with, besides letters and digits (RFC 3986). */
  private static final String PLAIN = "-._~!$'()*,;:@/?%+";

  private QueryEditor() {}

  /** Requests of gRPC have no query. */
  static void apply(QueryChange change, RequestHead head) {
    if (!change.isEmpty() && head.kind() == RequestHead.Kind.HTTP) {
      head.path(changed(head.path(), change));
    }
  }

  static String changed(String target, QueryChange change) {
    int mark = target.indexOf('?');
    List<String> parameters = new ArrayList<>();
    if (mark >= 0 && mark + 1 < target.length()) {
      parameters.addAll(List.of(target.substring(mark + 1).split("&", -1)));
    }
    for (Map.Entry<String, String> set : change.set()) {
      remove(parameters, set.getKey());
      parameters.add(written(set.getKey(), false) + "=" + written(set.getValue(), true));
    }
    change.removed().forEach(name -> remove(parameters, name));
    String path = mark < 0 ? target : target.substring(0, mark);
    return parameters.isEmpty() ? path : path + "?" + String.join("&", parameters);
  }

  private static void remove(List<String> parameters, String name) {
    String wanted = decoded(name);
    parameters.removeIf(
        parameter -> {
          int equals = parameter.indexOf('=');
          return decoded(equals < 0 ? parameter : parameter.substring(0, equals)).equals(wanted);
        });
  }

  private static String decoded(String name) {
    try {
      return URLDecoder.decode(name, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return name;
    }
  }

  /** What is escaped already stays so; what would end the parameter or the line is escaped. */
  private static String written(String text, boolean value) {
    StringBuilder out = new StringBuilder(text.length());
    for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (next & 0xff);
      boolean plain =
          (c < 128 && Character.isLetterOrDigit(c)) || PLAIN.indexOf(c) >= 0 || (value && c == '=');
      if (plain) {
        out.append(c);
      } else {
        out.append('%').append(String.format("%02X", (int) c));
      }
    }
    return out.toString();
  }
}
