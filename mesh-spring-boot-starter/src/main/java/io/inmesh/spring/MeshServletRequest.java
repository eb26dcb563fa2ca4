package io.inmesh.spring;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The request with what the mesh made of its head, and with a body it has looked at. */
final class MeshServletRequest extends AdmittedRequest {
  /** Of a form; what containers take. */
  private static final int MAX_FORM = 2 << 20;

  private final ServletHead head;
  private @Nullable ServletInputStream body;
  private @Nullable BufferedReader reader;
  private @Nullable Map<String, String[]> parameters;

  MeshServletRequest(HttpServletRequest request, ServletCall call) {
    super(request, call);
    this.head = call.head;
  }

  @Override
  public String getRequestURI() {
    return head.uri();
  }

  @Override
  public StringBuffer getRequestURL() {
    StringBuffer url = super.getRequestURL();
    String before = super.getRequestURI();
    return url.replace(url.length() - before.length(), url.length(), head.uri());
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

  @Override
  public ServletInputStream getInputStream() throws IOException {
    byte[] start = head.read();
    if (start == null) {
      return super.getInputStream();
    }
    ServletInputStream known = body;
    if (known == null) {
      known = new ShownBody(start, super.getInputStream());
      body = known;
    }
    return known;
  }

  @Override
  public BufferedReader getReader() throws IOException {
    if (head.read() == null) {
      return super.getReader();
    }
    BufferedReader known = reader;
    if (known == null) {
      known = new BufferedReader(new InputStreamReader(getInputStream(), charset("ISO-8859-1")));
      reader = known;
    }
    return known;
  }

  private Charset charset(String otherwise) {
    String said = getCharacterEncoding();
    return Charset.forName(said == null ? otherwise : said);
  }

  @Override
  public Map<String, String[]> getParameterMap() {
    if (head.read() == null && Objects.equals(head.query(), super.getQueryString())) {
      return super.getParameterMap();
    }
    Map<String, String[]> known = parameters;
    if (known == null) {
      known = Collections.unmodifiableMap(parsed());
      parameters = known;
    }
    return known;
  }

  /** What the container would have found, had the request arrived like this. */
  private Map<String, String[]> parsed() {
    Parameters all = new Parameters();
    all.add(head.query(), StandardCharsets.UTF_8);
    String type = getContentType();
    boolean form =
        getMethod().equals("POST")
            && type != null
            && type.toLowerCase(Locale.ROOT).startsWith("application/x-www-form-urlencoded");
    if (form && head.read() != null) {
      all.add(form(), charset("UTF-8"));
    } else if (form) {
      Parameters before = new Parameters();
      before.add(super.getQueryString(), StandardCharsets.UTF_8);
      super.getParameterMap()
          .forEach(
              (name, values) ->
                  Arrays.stream(values)
                      .skip(before.count(name))
                      .forEach(value -> all.add(name, value)));
    }
    return all.toMap();
  }

  private String form() {
    try {
      byte[] bytes = getInputStream().readNBytes(MAX_FORM + 1);
      if (bytes.length > MAX_FORM) {
        throw new IllegalStateException("the form is larger than " + MAX_FORM);
      }
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public @Nullable String getParameter(String name) {
    String[] values = getParameterMap().get(name);
    return values == null ? null : values[0];
  }

  @Override
  public String @Nullable [] getParameterValues(String name) {
    return getParameterMap().get(name);
  }

  @Override
  public Enumeration<String> getParameterNames() {
    return Collections.enumeration(getParameterMap().keySet());
  }
}
