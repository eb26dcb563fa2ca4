package io.inmesh.spring;

import jakarta.servlet.http.HttpServletResponse;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The head of a servlet response that has not left, as the engine changes it. */
final class ServletResponseHead extends ContainerResponseHead {
  /** Containers do not count it among the fields. */
  private static final String CONTENT_TYPE = "content-type";

  private final HttpServletResponse response;
  private final int status;

  ServletResponseHead(HttpServletResponse response, int status) {
    this.response = response;
    this.status = status;
  }

  @Override
  public int status() {
    return status;
  }

  @Override
  public @Nullable String get(String name) {
    return name.equals(CONTENT_TYPE) ? response.getContentType() : response.getHeader(name);
  }

  @Override
  public List<String> all(String name) {
    if (name.equals(CONTENT_TYPE)) {
      String type = response.getContentType();
      return type == null ? List.of() : List.of(type);
    }
    return List.copyOf(response.getHeaders(name));
  }

  @Override
  public void set(String name, String value) {
    response.setHeader(name, value);
  }

  @Override
  public void add(String name, String value) {
    response.addHeader(name, value);
  }

  @Override
  public void remove(String name) {
    if (name.equals(CONTENT_TYPE)) {
      response.setContentType(null);
    } else {
      response.setHeader(name, null);
    }
  }

  @Override
  public void forEach(Visitor visitor) {
    Set<String> names = new LinkedHashSet<>();
    names.add(CONTENT_TYPE);
    response.getHeaderNames().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    names.removeAll(FRAMING);
    names.forEach(name -> all(name).forEach(value -> visitor.field(name, value)));
  }
}
