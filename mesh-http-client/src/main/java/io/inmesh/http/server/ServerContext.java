package io.inmesh.http.server;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A path prefix with its handler, filters and authenticator. Thread-safe. */
final class ServerContext extends HttpContext {
  private final HttpServer server;
  private final String path;
  private final Map<String, Object> attributes = new ConcurrentHashMap<>();
  private final List<Filter> filters = new CopyOnWriteArrayList<>();
  private volatile @Nullable HttpHandler handler;
  private volatile @Nullable Authenticator authenticator;

  ServerContext(HttpServer server, String path, @Nullable HttpHandler handler) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("a context's path begins with a slash: " + path);
    }
    this.server = server;
    this.path = path;
    this.handler = handler;
  }

  /** Runs authenticator, filters and handler. */
  void handle(HttpExchange exchange) throws IOException {
    HttpHandler last = handler;
    if (last == null) {
      exchange.sendResponseHeaders(404, -1);
      return;
    }
    Authenticator check = authenticator;
    if (check != null && !authenticated(check, exchange)) {
      return;
    }
    if (filters.isEmpty()) {
      last.handle(exchange);
    } else {
      new Filter.Chain(filters, last).doFilter(exchange);
    }
  }

  private static boolean authenticated(Authenticator check, HttpExchange exchange)
      throws IOException {
    Authenticator.Result result = check.authenticate(exchange);
    if (result instanceof Authenticator.Success success) {
      if (exchange instanceof ServerExchange ours) {
        ours.principal(success.getPrincipal());
      }
      return true;
    }
    int code =
        result instanceof Authenticator.Retry retry
            ? retry.getResponseCode()
            : result instanceof Authenticator.Failure failure ? failure.getResponseCode() : 403;
    exchange.getRequestBody().close();
    exchange.sendResponseHeaders(code, -1);
    return false;
  }

  @Override
  public @Nullable HttpHandler getHandler() {
    return handler;
  }

  @Override
  public void setHandler(HttpHandler handler) {
    if (this.handler != null) {
      throw new IllegalArgumentException("the handler is already set");
    }
    this.handler = handler;
  }

  @Override
  public String getPath() {
    return path;
  }

  @Override
  public HttpServer getServer() {
    return server;
  }

  @Override
  public Map<String, Object> getAttributes() {
    return attributes;
  }

  @Override
  public List<Filter> getFilters() {
    return filters;
  }

  @Override
  public @Nullable Authenticator setAuthenticator(@Nullable Authenticator authenticator) {
    Authenticator before = this.authenticator;
    this.authenticator = authenticator;
    return before;
  }

  @Override
  public @Nullable Authenticator getAuthenticator() {
    return authenticator;
  }
}
