package io.inmesh.spring;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;

/** The head of a reactive response that is about to leave, as the engine changes it. */
final class ReactiveResponseHead extends ContainerResponseHead {
  /** Spring keeps it apart from the fields. */
  private static final String SET_COOKIE = "set-cookie";

  private final ServerHttpResponse response;

  ReactiveResponseHead(ServerHttpResponse response) {
    this.response = response;
  }

  private HttpHeaders fields() {
    return response.getHeaders();
  }

  @Override
  public int status() {
    HttpStatusCode status = response.getStatusCode();
    return status == null ? 200 : status.value();
  }

  @Override
  public @Nullable String get(String name) {
    List<String> all = all(name);
    return all.isEmpty() ? null : all.get(0);
  }

  @Override
  public List<String> all(String name) {
    List<String> all = fields().getOrEmpty(name);
    if (name.equals(SET_COOKIE) && !response.getCookies().isEmpty()) {
      all = new ArrayList<>(all);
      for (var cookies : response.getCookies().values()) {
        for (var cookie : cookies) {
          all.add(cookie.toString());
        }
      }
    }
    return all;
  }

  @Override
  public void set(String name, String value) {
    remove(name);
    add(name, value);
  }

  @Override
  public void add(String name, String value) {
    fields().add(name, value);
  }

  @Override
  public void remove(String name) {
    fields().remove(name);
    if (name.equals(SET_COOKIE)) {
      response.getCookies().clear();
    }
  }

  @Override
  public void forEach(Visitor visitor) {
    List<String> names = new ArrayList<>();
    fields().headerNames().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    if (!names.contains(SET_COOKIE)) {
      names.add(SET_COOKIE);
    }
    names.removeAll(FRAMING);
    names.forEach(name -> List.copyOf(all(name)).forEach(value -> visitor.field(name, value)));
  }
}
