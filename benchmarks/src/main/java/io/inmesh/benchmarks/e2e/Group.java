package io.inmesh.benchmarks.e2e;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Peers whose processes live at the same time and are measured in turns, so that what the machine
 * does in a minute is done to all of them alike. A peer is compared with those of its group only.
 *
 * @param name in results
 * @param peers their baselines among them
 */
record Group(String name, List<Peer> peers) {
  /** Those that targets are about, for what has to be measured first. */
  static final List<Group> TARGETS =
      List.of(
          of("http", "transport", "transport-again", "inmesh", "jdk", "spring-cloud"),
          of(
              "https",
              "transport",
              "transport-tls",
              "inmesh-tls",
              "inmesh-tls-telemetry",
              "inmesh-tls-policies",
              "hc5-tls",
              "envoy-both-tls"),
          of("http2", "transport-h2", "inmesh-h2", "armeria"),
          of("grpc", "grpc-round-robin", "grpc-again", "inmesh-grpc", "grpc-xds"),
          of("grpcs", "grpc-tls", "inmesh-grpc-tls", "inmesh-grpc-tls-policies"));

  /** The rest. */
  static final List<Group> OTHERS =
      List.of(
          of(
              "http-proxies",
              "transport",
              "netty",
              "inmesh-telemetry",
              "haproxy",
              "envoy-client",
              "envoy-both"),
          of(
              "grpc-others",
              "grpc-round-robin",
              "inmesh-grpc-telemetry",
              "armeria-grpc",
              "envoy-both-grpc"),
          of("grpcs-telemetry", "grpc-tls", "inmesh-grpc-tls-telemetry"));

  /** What a quick run is about. */
  static Group quick(Bench.Quick about) {
    return switch (about) {
      // What the engine costs, and what sidecars do.
      case HTTP ->
          of(
              "quick",
              "transport",
              "transport-again",
              "inmesh",
              "transport-tls",
              "inmesh-tls-telemetry",
              "envoy-both-tls");
      // Against stock xds:///, and what servers check.
      case GRPC ->
          of(
              "quick-grpc",
              "grpc-round-robin",
              "inmesh-grpc",
              "grpc-xds",
              "grpc-tls",
              "inmesh-grpc-tls",
              "inmesh-grpc-tls-policies");
    };
  }

  /**
   * The peers named, with their baselines.
   *
   * @throws IllegalArgumentException naming one that does not exist
   */
  static Group chosen(List<String> names) {
    List<Peer> wanted = Peers.named(names);
    return new Group(
        "chosen",
        Peers.all().stream()
            .filter(
                peer ->
                    wanted.contains(peer)
                        || wanted.stream().anyMatch(one -> one.baseline().equals(peer.name())))
            .toList());
  }

  private static Group of(String name, String... peers) {
    return new Group(name, Peers.named(Arrays.asList(peers)));
  }

  /** Without those that cannot run here, each of which is told. */
  Group installed() {
    List<Peer> here = new ArrayList<>();
    for (Peer peer : peers) {
      Optional<String> missing = peer.missing();
      if (missing.isPresent()) {
        System.out.println(peer.name() + " is skipped: " + missing.get());
      } else {
        here.add(peer);
      }
    }
    return new Group(name, here);
  }
}
