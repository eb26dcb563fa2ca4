package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.util.Optional;

/** One way to get a request from a caller to a service. */
interface Peer {
  /** How {@code --peers} and tables call it. */
  String name();

  /** What is measured, hops included, for the report. */
  String description();

  /** What is compared with it: the peer of the same protocol that has no mesh. */
  String baseline();

  /** Why it cannot run here and what would install it; empty: it can. */
  default Optional<String> missing() {
    return Optional.empty();
  }

  /** Starts its processes; returns when load can be sent. */
  PeerRun start(Environment environment) throws IOException;
}
