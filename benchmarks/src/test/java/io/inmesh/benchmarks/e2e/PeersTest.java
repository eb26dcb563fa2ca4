package io.inmesh.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.inmesh.benchmarks.load.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That peers which are not ours alone start here, if they are installed, and answer. */
class PeersTest {
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  @TempDir Path scratch;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spring-cloud",
        "armeria",
        "envoy-client",
        "envoy-both-tls",
        "haproxy",
        "hc5-tls",
        "inmesh-tls-policies",
        "grpc-xds",
        "armeria-grpc",
        "envoy-both-grpc",
        "inmesh-grpc-tls-policies"
      })
  void peer_answers(String name) throws IOException {
    Peer peer = Peers.named(List.of(name)).get(0);
    assumeTrue(peer.missing().isEmpty(), () -> name + ": " + peer.missing().orElse(""));
    try (PeerRun run = peer.start(new Environment(scratch, false)).ready()) {
      long end = System.nanoTime() + PATIENCE_NANOS;
      Sample sample;
      do {
        sample = run.run(Cell.closed(4).command(0), 0.2);
      } while (sample.failed() > 0 && System.nanoTime() < end);
      assertThat(sample.sent()).isPositive();
      assertThat(sample.failed()).as("requests without an answer").isZero();
    }
  }
}
