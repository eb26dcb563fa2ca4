package io.inmesh.spring;

import io.inmesh.call.BodyStart;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.route.CanonicalPath;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * A servlet request as the engine reads it. The container's request is read-only: what the engine
 * changes is kept here and shown to the application by {@link MeshServletRequest}. Confined to the
 * request, whose parts are one after another on different threads.
 */
final class ServletHead implements RequestHead, Headers {
  private final HttpServletRequest request;

  /** Reading the body may take a while: the container's thread is for that. */
  private final WaitingThread thread = new WaitingThread();

  /** What the container has found the handler by. */
  private final String uri;

  /** Changed fields: null until the first change; an empty list hides the container's field. */
  private @Nullable Map<String, List<String>> changes;

  /** What the engine made of path and query; null: nothing. */
  private @Nullable String target;

  /** Whether the application may have read the body. */
  private final boolean handedOn;

  /** What was read of the body, for who decides by it; null: nothing. */
  private byte @Nullable [] read;

  /** Whether that is all of it. */
  private boolean readWhole;

  ServletHead(HttpServletRequest request) {
    this.request = request;
    this.uri = request.getRequestURI();
    this.handedOn = false;
  }

  /**
   * A request that is handed on to another path.
   *
   * @param arrived the same as it arrived
   */
  ServletHead(ServletHead arrived, String uri) {
    this.request = arrived.request;
    this.uri = uri;
    this.handedOn = true;
    this.read = arrived.read;
    this.readWhole = arrived.readWhole;
  }

  @Override
  public Kind kind() {
    // Whatever its content claims to be: the container finds handlers by the path's meaning.
    return Kind.HTTP;
  }

  @Override
  public String method() {
    return request.getMethod();
  }

  @Override
  public String scheme() {
    return request.getScheme();
  }

  @Override
  public String authority() {
    String host = request.getHeader("host");
    return host != null ? host : request.getServerName() + ":" + request.getServerPort();
  }

  @Override
  public void authority(String authority) {
    throw new IllegalStateException("an inbound request's authority does not change");
  }

  @Override
  public String path() {
    return target == null ? original() : target;
  }

  private String original() {
    String query = request.getQueryString();
    return query == null ? uri : uri + "?" + query;
  }

  @Override
  public void path(String path) {
    target = path;
  }

  /** The path as the engine left it, without query. */
  String uri() {
    int mark = path().indexOf('?');
    return mark < 0 ? path() : path().substring(0, mark);
  }

  /**
   * Whether the engine decided on another path than the one the container has found the handler by.
   * Containers decode before they look: how a character is percent-encoded makes no other path,
   * unless that gives the context path another length. Containers report that as it came, and
   * applications cut so many characters off the path that was decided on.
   */
  boolean misdirected() {
    String decided = uri();
    if (decided.equals(uri)) {
      return false;
    }
    String context = request.getContextPath();
    return !sameLetters(decided, uri)
        || !sameLetters(
            decided.substring(0, Math.min(context.length(), decided.length())), context);
  }

  private static boolean sameLetters(String path, String other) {
    return CanonicalPath.named(path).equals(CanonicalPath.named(other));
  }

  /** The query as the engine left it; null: there is none. */
  @Nullable String query() {
    int mark = path().indexOf('?');
    return mark < 0 ? null : path().substring(mark + 1);
  }

  @Override
  public Headers headers() {
    return this;
  }

  /**
   * Reads it, on the container's thread. What has several parts is taken apart by the container,
   * from its own stream: that cannot be read before.
   */
  @Override
  public @Nullable CompletionStage<BodyStart> body(int limit) {
    byte[] known = read == null ? new byte[0] : read;
    long length = request.getContentLengthLong();
    boolean untold = length < 0 && request.getHeader("transfer-encoding") == null;
    // Over HTTP/2 a body needs neither field.
    boolean empty = length == 0 || (untold && request.getProtocol().startsWith("HTTP/1"));
    if (empty || known.length > limit || (handedOn && readWhole)) {
      return CompletableFuture.completedFuture(BodyStart.of(known, limit));
    }
    String type = request.getContentType();
    if (handedOn || (type != null && type.toLowerCase(Locale.ROOT).startsWith("multipart/"))) {
      return null;
    }
    CompletableFuture<BodyStart> start = new CompletableFuture<>();
    thread.execute(
        () -> {
          try {
            start.complete(read(known, limit));
          } catch (IOException | RuntimeException broken) {
            start.completeExceptionally(broken);
          }
        });
    return start;
  }

  private BodyStart read(byte[] known, int limit) throws IOException {
    int wanted = limit + 1 - known.length;
    byte[] more = request.getInputStream().readNBytes(wanted);
    readWhole = more.length < wanted;
    byte[] all = Arrays.copyOf(known, known.length + more.length);
    System.arraycopy(more, 0, all, known.length, more.length);
    read = all;
    return BodyStart.of(all, limit);
  }

  /** The thread that made this. */
  WaitingThread thread() {
    return thread;
  }

  /** What the application has to be given before the rest of the body; null: nothing. */
  byte @Nullable [] read() {
    return read;
  }

  @Override
  public @Nullable String get(String name) {
    List<String> changed = changed(name);
    if (changed != null) {
      return changed.isEmpty() ? null : changed.get(0);
    }
    return request.getHeader(name);
  }

  @Override
  public List<String> all(String name) {
    List<String> changed = changed(name);
    return changed != null ? changed : Collections.list(request.getHeaders(name));
  }

  @Override
  public void set(String name, String value) {
    change(name, new ArrayList<>(List.of(value)));
  }

  @Override
  public void add(String name, String value) {
    List<String> values = new ArrayList<>(all(name));
    values.add(value);
    change(name, values);
  }

  @Override
  public void remove(String name) {
    if (get(name) != null) {
      change(name, new ArrayList<>());
    }
  }

  @Override
  public void forEach(Visitor visitor) {
    for (String name : Collections.list(request.getHeaderNames())) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (changed(lower) == null) {
        Collections.list(request.getHeaders(name)).forEach(value -> visitor.field(lower, value));
      }
    }
    if (changes != null) {
      changes.forEach((name, values) -> values.forEach(value -> visitor.field(name, value)));
    }
  }

  /** Whether the application must see something else than the container's request. */
  boolean changed() {
    return changes != null || target != null || read != null;
  }

  private @Nullable List<String> changed(String name) {
    return changes == null ? null : changes.get(name.toLowerCase(Locale.ROOT));
  }

  private void change(String name, List<String> values) {
    if (changes == null) {
      changes = new LinkedHashMap<>();
    }
    changes.put(name.toLowerCase(Locale.ROOT), values);
  }
}
