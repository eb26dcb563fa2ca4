package io.inmesh.benchmarks.load;

import java.util.Set;

/** One peer's way to send the request of the benchmark. Thread-safe. */
public interface Client extends AutoCloseable {
  /**
   * HTTP/1.1 connections at most, for every peer alike: as many as the widest closed loop has
   * requests in flight. In an open loop a stall would else open hundreds on the core that is to
   * catch up.
   */
  int CONNECTIONS = 64;

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
    /** The whole response is here, as expected or not. */
    void done(boolean ok);

    /** There will be none. */
    void failed(Throwable cause);
  }

  /** Makes the client of a peer; has a public constructor without parameters. */
  interface Factory {
    /** A client that is ready to send. */
    Client create(Settings settings) throws Exception;
  }

  /** What is on the way besides the call itself. */
  enum Feature {
    /** Mutual TLS. */
    TLS,
    /** HTTP/2: with prior knowledge, or by ALPN. */
    HTTP2,
    /** A histogram of durations for every call and a span for one in a hundred, on both sides. */
    TELEMETRY
  }

  /**
   * What a process needs to know.
   *
   * @param target host and port to send to, or the mesh's name of the service
   * @param control host and port of the control server; empty: none
   * @param token to join the mesh with; empty: none, plaintext
   * @param credentials directory of a certificate, a key and a root in PEM, for TLS without a mesh;
   *     empty: none
   * @param bearer a token that goes along with every request; empty: none
   * @param features what is switched on
   */
  record Settings(
      String target,
      String control,
      String token,
      String credentials,
      String bearer,
      Set<Feature> features) {
    /** A process without a mesh. */
    public static Settings direct(String target, String credentials, Set<Feature> features) {
      return new Settings(target, "", "", credentials, "", features);
    }

    /** A process of the mesh. */
    public static Settings mesh(
        String target, String control, String token, Set<Feature> features) {
      return new Settings(target, control, token, "", "", features);
    }

    /** The same for another target. */
    public Settings withTarget(String changed) {
      return new Settings(changed, control, token, credentials, bearer, features);
    }

    /** The same with a token for every request. */
    public Settings withBearer(String changed) {
      return new Settings(target, control, token, credentials, changed, features);
    }

    /** Whether something is switched on. */
    public boolean has(Feature feature) {
      return features.contains(feature);
    }
  }
}
