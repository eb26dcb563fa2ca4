package io.inmesh.server.admin;

import io.inmesh.server.ca.AdminRole;
import io.inmesh.server.ca.AuditLog;
import io.inmesh.server.ca.MeshCa;
import io.netty.util.NetUtil;
import java.io.IOException;
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
 * The admin pages: finds the page for a request, who may see it, and notes in the audit log who has
 * changed what. What fails inside is logged here and answered without its details.
 */
public final class AdminServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AdminServer.class.getName());
  private static final int THREADS = 4;
  private static final int WAITING = 128;

  private final ThreadPoolExecutor executor;
  private final AdminPort port;
  private final List<AdminRoute> routes = new ArrayList<>();
  private AdminAccess access = new AdminAccess(null);
  private @Nullable AuditLog audit;

  private AdminServer(InetSocketAddress address, AdminPort.Limits limits) throws IOException {
    executor =
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
    port = AdminPort.bind(address, limits, executor);
  }

  /**
   * Takes the port; nothing is answered before {@link #start}.
   *
   * @throws IOException if it is taken
   */
  public static AdminServer bind(InetSocketAddress address) throws IOException {
    return bind(address, AdminPort.Limits.DEFAULTS);
  }

  static AdminServer bind(InetSocketAddress address, AdminPort.Limits limits) throws IOException {
    return new AdminServer(address, limits);
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return port.address();
  }

  /** Adds a page for everybody who can connect. */
  void route(String method, String pattern, AdminHandler handler) {
    routes.add(new AdminRoute(method, pattern, null, false, handler));
  }

  /** Adds a page for those with a role, where there are roles. */
  void route(String method, String pattern, AdminRole role, AdminHandler handler) {
    routes.add(new AdminRoute(method, pattern, role, false, handler));
  }

  /** The same for something that the audit log is to tell of. */
  void change(String method, String pattern, AdminRole role, AdminHandler handler) {
    routes.add(new AdminRoute(method, pattern, role, true, handler));
  }

  /** Begins to answer, with the pages of this server. */
  public void start(AdminSource source) {
    MeshCa ca = source.ca();
    access = new AdminAccess(ca == null ? null : ca.adminSecrets());
    audit = ca == null ? null : ca.audit();
    if (ca != null) {
      IdentityApi.add(this, ca);
    }
    HealthPages.add(this, source);
    DebugPages.add(this, source);
    InstancesApi.add(this, source);
    port.start(this::answer, ca == null ? null : ca.adminTls());
  }

  private AdminReply answer(AdminRequest request) {
    try {
      return dispatch(request);
    } catch (AdminException e) {
      return e.reply();
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a request to the admin port failed: " + request.uri(), e);
      return new AdminException(500, "internal", "", "failed; the server's log says why").reply();
    }
  }

  private AdminReply dispatch(AdminRequest request) throws AdminException {
    refuseForeignHost(request);
    String rawPath = String.valueOf(request.uri().getRawPath());
    List<String> path = List.of(rawPath.split("/", -1));
    String wanted = request.method().equals("HEAD") ? "GET" : request.method();
    List<String> allowed = new ArrayList<>();
    for (AdminRoute route : routes) {
      Map<String, String> variables = route.match(path);
      if (variables != null) {
        if (route.method().equals(wanted)) {
          return audited(route, request.with(variables));
        }
        allowed.add(route.method());
      }
    }
    if (allowed.isEmpty()) {
      throw AdminException.notFound("no such page; GET / lists them");
    }
    String methods = String.join(", ", allowed);
    return new AdminException(405, "method_not_allowed", "", "allowed here: " + methods)
        .reply()
        .with("Allow", methods);
  }

  private AdminReply audited(AdminRoute route, AdminRequest request) throws AdminException {
    try {
      access.require(request, route.role());
    } catch (AdminException e) {
      note("admin refused", request, e.status());
      throw e;
    }
    int status = 500;
    try {
      AdminReply reply = route.handler().handle(request);
      status = reply.status();
      return reply;
    } catch (AdminException e) {
      status = e.status();
      throw e;
    } finally {
      if (route.audited()) {
        note("admin", request, status);
      }
    }
  }

  private void note(String event, AdminRequest request, int status) {
    if (audit != null) {
      AdminRole shown = access.shown(request);
      String[] facts = {
        "method", request.method(),
        "path", request.uri().toString(),
        "role", shown == null ? "" : shown.name(),
        "from", request.remoteAddress(),
        "status", Integer.toString(status)
      };
      if (event.equals("admin")) {
        audit.note(event, facts);
      } else {
        audit.refused(event, facts);
      }
    }
  }

  /** On loopback only names of this machine are served: a web page cannot rebind its own to us. */
  private void refuseForeignHost(AdminRequest request) throws AdminException {
    if (address().getAddress().isLoopbackAddress() && !isLocal(request.header("Host"))) {
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
    port.close();
    executor.shutdownNow();
  }
}
