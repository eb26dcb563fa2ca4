package io.inmesh;

/**
 * A port under which an instance serves.
 *
 * @param name matches the Service's port name; tells the protocol when {@code protocol} is empty
 *     ({@code http}, {@code http2}, {@code grpc}, or one of these followed by {@code -…})
 * @param protocol {@code http}, {@code http2}, {@code grpc} or {@code kubernetes.io/h2c}; empty:
 *     derived from the name, else http
 * @param servicePort the port that callers name; 0: 80 for HTTP, the instance's port for gRPC
 * @param port the port that this process listens on
 */
public record ServicePort(String name, String protocol, int servicePort, int port) {
  /** Checks the numbers. */
  public ServicePort {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException(
          "port " + port + " of '" + name + "' is no port; give the one the server listens on");
    }
    if (servicePort < 0 || servicePort > 65_535) {
      throw new IllegalArgumentException("service port " + servicePort + " is no port");
    }
  }

  /** HTTP/1.1 (and prior-knowledge HTTP/2), which callers reach on port 80. */
  public static ServicePort http(int port) {
    return new ServicePort("http", "http", 80, port);
  }

  /** gRPC, which callers reach on the port that this process listens on. */
  public static ServicePort grpc(int port) {
    return new ServicePort("grpc", "grpc", 0, port);
  }
}
