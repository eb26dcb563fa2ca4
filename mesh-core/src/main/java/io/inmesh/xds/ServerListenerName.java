package io.inmesh.xds;

/** The names of server listeners, as gRPC's bootstrap template gives them. */
final class ServerListenerName {
  private static final String PREFIX = "inmesh/server?listener=0.0.0.0:";

  /**
   * For the ports of this process that have none of their own: no instance has registered them and
   * no configuration names them.
   */
  static final String ANY_PORT = of(0);

  private ServerListenerName() {}

  /** For a port of this process. */
  static String of(int port) {
    return PREFIX + port;
  }
}
