package io.inmesh.benchmarks.load;

/** One peer's way to send the request of the benchmark. Thread-safe. */
public interface Client extends AutoCloseable {
  /** Sends one request; never blocks for its response, unless {@link #blocking}. */
  void send(Completion completion);

  /** Whether {@link #send} returns only with the response, so that it needs threads. */
  default boolean blocking() {
    return false;
  }

  @Override
  void close();

  /** Told once how a request ended, on any thread. */
  interface Completion {
    /** The whole response is here, or the request failed. */
    void done(boolean ok);
  }

  /** Makes the client of a peer; has a public constructor without parameters. */
  interface Factory {
    /** A client that is ready to send. */
    Client create(Settings settings) throws Exception;
  }

  /**
   * What a client needs to know.
   *
   * @param target host and port to send to, or the mesh's name of the service
   * @param control host and port of the control server; empty: none
   * @param bodyBytes of the request's body; 0: GET
   * @param secure whether connections are mutual TLS
   * @param token to join the mesh with; empty: none
   */
  record Settings(String target, String control, int bodyBytes, boolean secure, String token) {
    /** The same for another target. */
    public Settings withTarget(String changed) {
      return new Settings(changed, control, bodyBytes, secure, token);
    }
  }
}
