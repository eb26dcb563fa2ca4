package io.inmesh.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The request with headers and query as the mesh left them. */
final class MeshServletRequest extends HttpServletRequestWrapper {
  private final ServletHead head;

  MeshServletRequest(HttpServletRequest request, ServletHead head) {
    super(request);
    this.head = head;
  }

  @Override
  public @Nullable String getQueryString() {
    return head.query();
  }

  @Override
  public @Nullable String getHeader(String name) {
    return head.get(name);
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    return Collections.enumeration(head.all(name));
  }

  @Override
  public Enumeration<String> getHeaderNames() {
    Set<String> names = new LinkedHashSet<>();
    head.forEach((name, value) -> names.add(name));
    return Collections.enumeration(names);
  }

  @Override
  public int getIntHeader(String name) {
    String value = getHeader(name);
    return value == null ? -1 : Integer.parseInt(value);
  }
}
