package io.inmesh.filter;

import io.inmesh.call.Headers;
import io.inmesh.call.ResponseHead;
import io.inmesh.model.HeaderAdd;
import io.inmesh.model.HeaderChanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Header changes of all levels, compiled: weighted cluster, route, virtual host, route
 * configuration, each removing before it adds, as Envoy does. Immutable.
 */
public final class HeaderFilter implements MeshFilter {
  private record Add(String name, ValueTemplate value, HeaderAdd.Mode mode) {
    void apply(Headers headers, FilterCall call, @Nullable ResponseHead response) {
      if (mode == HeaderAdd.Mode.ADD_IF_ABSENT && headers.get(name) != null) {
        return;
      }
      if (mode == HeaderAdd.Mode.OVERWRITE_IF_EXISTS && headers.get(name) == null) {
        return;
      }
      String text = value.text(call, response);
      if (text.isEmpty()) {
        return;
      }
      if (mode == HeaderAdd.Mode.APPEND || mode == HeaderAdd.Mode.ADD_IF_ABSENT) {
        headers.add(name, text);
      } else {
        headers.set(name, text);
      }
    }
  }

  private record Level(List<String> removes, List<Add> adds) {
    void apply(Headers headers, FilterCall call, @Nullable ResponseHead response) {
      for (int i = 0; i < removes.size(); i++) {
        headers.remove(removes.get(i));
      }
      for (int i = 0; i < adds.size(); i++) {
        adds.get(i).apply(headers, call, response);
      }
    }
  }

  private final List<Level> request = new ArrayList<>();
  private final List<Level> response = new ArrayList<>();

  private HeaderFilter() {}

  /**
   * Compiles levels, the most specific first; null if none changes anything.
   *
   * @throws IllegalArgumentException if a name or value is wrong
   */
  public static @Nullable HeaderFilter of(HeaderChanges... levels) {
    HeaderFilter filter = null;
    for (HeaderChanges level : levels) {
      if (level.isEmpty()) {
        continue;
      }
      if (filter == null) {
        filter = new HeaderFilter();
      }
      add(filter.request, level.requestRemoves(), level.requestAdds());
      add(filter.response, level.responseRemoves(), level.responseAdds());
    }
    return filter;
  }

  private static void add(List<Level> to, List<String> removes, List<HeaderAdd> adds) {
    if (removes.isEmpty() && adds.isEmpty()) {
      return;
    }
    List<Add> compiled = new ArrayList<>();
    for (HeaderAdd add : adds) {
      compiled.add(new Add(name(add.name()), template(add), add.mode()));
    }
    to.add(new Level(removes.stream().map(HeaderFilter::name).toList(), compiled));
  }

  private static ValueTemplate template(HeaderAdd add) {
    try {
      return ValueTemplate.of(add.value());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("header '" + add.name() + "': " + e.getMessage(), e);
    }
  }

  private static String name(String name) {
    if (name.isEmpty() || name.charAt(0) == ':' || name.equalsIgnoreCase("host")) {
      throw new IllegalArgumentException(
          "header '" + name + "' cannot be added or removed; use a rewrite for path and authority");
    }
    return name.toLowerCase(Locale.ROOT);
  }

  @Override
  public Step onRequest(FilterCall call) {
    for (int i = 0; i < request.size(); i++) {
      request.get(i).apply(call.request().headers(), call, null);
    }
    return Step.NEXT;
  }

  @Override
  public void onResponse(FilterCall call, ResponseHead head) {
    for (int i = 0; i < response.size(); i++) {
      response.get(i).apply(head.headers(), call, head);
    }
  }
}
