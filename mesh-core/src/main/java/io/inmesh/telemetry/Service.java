package io.inmesh.telemetry;

/**
 * A destination service.
 *
 * @param host its full name; empty: unknown
 * @param port 0: unknown
 */
public record Service(String host, int port) {
  /** Nothing known. */
  public static final Service UNKNOWN = new Service("", 0);

  /** The service of a cluster {@code outbound|<port>|<subset>|<host>}, or one of that name. */
  public static Service ofCluster(String cluster, String service) {
    int first = cluster.indexOf('|');
    int second = first < 0 ? -1 : cluster.indexOf('|', first + 1);
    int port = 0;
    for (int i = first + 1; second > 0 && i < second; i++) {
      int digit = cluster.charAt(i) - '0';
      if (digit < 0 || digit > 9 || port > 65535) {
        return new Service(service, 0);
      }
      port = port * 10 + digit;
    }
    return new Service(service, port);
  }

  /** The first label. */
  String name() {
    int dot = host.indexOf('.');
    return dot < 0 ? host : host.substring(0, dot);
  }

  /** The second label of a mesh name; empty for others. */
  String namespace() {
    int dot = host.indexOf('.');
    int svc = host.indexOf(".svc.");
    return dot < 0 || svc <= dot ? "" : host.substring(dot + 1, svc);
  }
}
