package io.inmesh.call.engine;

import io.inmesh.call.RequestHead;
import io.inmesh.model.Egress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How authorities become names of client listeners. A short name is a service of the own namespace;
 * two labels are {@code <service>.<namespace>} or, failing that, a declared host; names under the
 * suffix and other hosts stand for themselves. Immutable.
 */
final class MeshNames {
  private final String namespace;
  private final String suffix;
  private final EngineSettings settings;

  MeshNames(EngineSettings settings) {
    this.settings = settings;
    this.namespace = settings.namespace();
    this.suffix = settings.domainSuffix();
  }

  /** An authority in parts; port 0: none given. */
  record Parts(String host, int port) {
    static Parts of(String authority) {
      String text = authority.toLowerCase(Locale.ROOT);
      int bracket = text.lastIndexOf(']');
      int colon = text.lastIndexOf(':');
      if (colon <= bracket || (bracket < 0 && text.indexOf(':') != colon)) {
        return new Parts(withoutDot(text), 0);
      }
      int port = 0;
      for (int i = colon + 1; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c < '0' || c > '9' || port > 65535) {
          return new Parts(text, 0);
        }
        port = port * 10 + (c - '0');
      }
      return new Parts(withoutDot(text.substring(0, colon)), port);
    }

    private static String withoutDot(String host) {
      return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }
  }

  /** Single-label, under the suffix (or its {@code svc} abbreviation), or declared by settings. */
  boolean isMeshName(String host) {
    if (outside(host)) {
      return false;
    }
    return host.indexOf('.') < 0
        || host.endsWith("." + suffix)
        || host.endsWith(".svc")
        || settings.declared().contains(host);
  }

  /**
   * The listener names an authority may stand for, in order of preference. Names that are not the
   * mesh's may stand for unknown hosts, too.
   */
  List<String> candidates(String authority, String scheme, RequestHead.Kind kind) {
    Parts parts = Parts.of(authority);
    List<String> candidates = new ArrayList<>(5);
    if (!outside(parts.host())) {
      candidates.addAll(services(parts, scheme, kind));
    }
    if (!isMeshName(parts.host())) {
      candidates.add(Egress.LISTENER);
    }
    return candidates;
  }

  private List<String> services(Parts parts, String scheme, RequestHead.Kind kind) {
    String host = parts.host();
    int port = parts.port() != 0 ? parts.port() : defaultPort(scheme, kind);
    if (port == 0) {
      // A gRPC target without a port: the listener without one leads to the service's gRPC port.
      List<String> hosts = hosts(host);
      return hosts.size() == 1
          ? List.of(hosts.get(0), hosts.get(0) + ":80")
          : List.of(hosts.get(0), hosts.get(1), hosts.get(0) + ":80", hosts.get(1) + ":80");
    }
    return hosts(host).stream().map(name -> name + ":" + port).toList();
  }

  private static int defaultPort(String scheme, RequestHead.Kind kind) {
    if (kind == RequestHead.Kind.GRPC) {
      return 0;
    }
    return scheme.equals("https") ? 443 : 80;
  }

  private List<String> hosts(String host) {
    int firstDot = host.indexOf('.');
    if (firstDot < 0) {
      return List.of(host + "." + namespace + "." + suffix);
    }
    if (host.endsWith("." + suffix)) {
      return List.of(host);
    }
    if (host.endsWith(".svc") && suffix.startsWith("svc.")) {
      return List.of(host + suffix.substring(3));
    }
    return host.indexOf('.', firstDot + 1) < 0 ? List.of(host + "." + suffix, host) : List.of(host);
  }

  /** Names that never stand for a service: this host, and addresses. */
  private static boolean outside(String host) {
    if (host.isEmpty() || host.equals("localhost") || host.indexOf(':') >= 0) {
      return true;
    }
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if ((c < '0' || c > '9') && c != '.') {
        return false;
      }
    }
    return true;
  }
}
