package io.inmesh.server.admin;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.MeshCa;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A small HTTP server with routes. Bounded: threads, waiting requests and bodies; what fails inside
 * is logged here and answered without its details.
 */
public final class AdminServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AdminServer.class.getName());
  private static final int THREADS = 4;
  private static final int WAITING = 128;

  private final HttpServer server;
  private final ThreadPoolExecutor executor;
  private final List<AdminRoute> routes = new ArrayList<>();
  private AdminAccess access = new AdminAccess(null);

  private AdminServer(HttpServer server) {
    this.server = server;
    this.executor =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING),
            task -> {
              Thread thread = new Thread(task, "inmesh-admin");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    server.setExecutor(executor);
    server.createContext("/", this::serve);
  }

  /**
   * Takes the port; nothing is answered before {@link #start}.
   *
   * @throws IOException if it is taken
   */
  public static AdminServer bind(InetSocketAddress address) throws IOException {
    return new AdminServer(HttpServer.create(address, 0));
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  /** Adds a page for everybody who can connect. */
  void route(String method, String pattern, AdminHandler handler) {
    routes.add(AdminRoute.of(method, pattern, null, handler));
  }

  /** Adds a page for those with a role, where there are roles. */
  void route(String method, String pattern, AdminRole role, AdminHandler handler) {
    routes.add(AdminRoute.of(method, pattern, role, handler));
  }

  /** Begins to answer, with the pages of this server. */
  public void start(AdminSource source) {
    MeshCa ca = source.ca();
    access = new AdminAccess(ca == null ? null : ca.adminSecrets());
    if (ca != null) {
      IdentityApi.add(this, ca);
    }
    HealthPages.add(this, source);
    DebugPages.add(this, source);
    InstancesApi.add(this, source);
    server.start();
  }

  private void serve(HttpExchange exchange) {
    try (exchange) {
      AdminReply reply;
      try {
        reply = dispatch(exchange);
      } catch (AdminException e) {
        reply = e.reply();
      } catch (RuntimeException e) {
        LOG.log(Level.ERROR, "a request to the admin port failed: " + exchange.getRequestURI(), e);
        reply =
            new AdminException(500, "internal", "", "failed; the server's log says why").reply();
      }
      write(exchange, reply);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the client of the admin port went away: {0}", e.getMessage());
    }
  }

  private AdminReply dispatch(HttpExchange exchange) throws AdminException, IOException {
    refuseForeignHost(exchange);
    List<String> path = List.of(exchange.getRequestURI().getRawPath().split("/", -1));
    String method = exchange.getRequestMethod();
    String wanted = method.equals("HEAD") ? "GET" : method;
    List<String> allowed = new ArrayList<>();
    for (AdminRoute route : routes) {
      Map<String, String> variables = route.match(path);
      if (variables != null) {
        if (route.method().equals(wanted)) {
          access.require(exchange, route.role());
          return route.handler().handle(new AdminRequest(exchange, variables));
        }
        allowed.add(route.method());
      }
    }
    if (allowed.isEmpty()) {
      throw AdminException.notFound("no such page; GET / lists them");
    }
    exchange.getResponseHeaders().set("Allow", String.join(", ", allowed));
    throw new AdminException(
        405, "method_not_allowed", "", "allowed here: " + String.join(", ", allowed));
  }

  /** On loopback only names of this machine are served: a web page cannot rebind its own to us. */
  private void refuseForeignHost(HttpExchange exchange) throws AdminException {
    String host = exchange.getRequestHeaders().getFirst("Host");
    if (server.getAddress().getAddress().isLoopbackAddress() && !isLocal(host)) {
      throw new AdminException(
          421, "misdirected", "", "this admin port is served on loopback addresses only");
    }
  }

  private static boolean isLocal(@Nullable String header) {
    if (header == null) {
      return true;
    }
    String host = header;
    if (host.startsWith("[")) {
      int end = host.indexOf(']');
      return end > 0 && NetUtil.isValidIpV6Address(host.substring(1, end));
    }
    int colon = host.indexOf(':');
    host = colon < 0 ? host : host.substring(0, colon);
    return host.equals("localhost") || NetUtil.isValidIpV4Address(host);
  }

  private static void write(HttpExchange exchange, AdminReply reply) throws IOException {
    if (!reply.contentType().isEmpty()) {
      exchange.getResponseHeaders().set("Content-Type", reply.contentType());
    }
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    byte[] body = reply.body();
    exchange.sendResponseHeaders(reply.status(), head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(body);
      }
    }
  }

  /** The paths that answer GET, for the front page. */
  List<String> pages() {
    return routes.stream()
        .filter(route -> route.method().equals("GET"))
        .map(route -> String.join("/", route.segments()))
        .toList();
  }

  /** Stops at once. */
  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
