package io.inmesh.http.server;

import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The contexts of a server; the longest prefix wins. Thread-safe; reads one immutable list. */
public final class Contexts {
  private volatile List<ServerContext> byLength = List.of();

  /** Adds one. */
  public synchronized HttpContext add(
      HttpServer server, String path, @Nullable HttpHandler handler) {
    ServerContext added = new ServerContext(server, path, handler);
    List<ServerContext> all = new ArrayList<>(byLength);
    if (all.stream().anyMatch(context -> context.getPath().equals(path))) {
      throw new IllegalArgumentException("there is a context already: " + path);
    }
    all.add(added);
    all.sort(Comparator.comparingInt((ServerContext each) -> each.getPath().length()).reversed());
    byLength = List.copyOf(all);
    return added;
  }

  /** Removes one. */
  public synchronized void remove(String path) {
    List<ServerContext> all = new ArrayList<>(byLength);
    if (!all.removeIf(context -> context.getPath().equals(path))) {
      throw new IllegalArgumentException("there is no such context: " + path);
    }
    byLength = List.copyOf(all);
  }

  @Nullable ServerContext find(String path) {
    for (ServerContext context : byLength) {
      if (path.startsWith(context.getPath())) {
        return context;
      }
    }
    return null;
  }
}
