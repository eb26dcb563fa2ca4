package io.inmesh.call.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.identity.SpiffeId;
import io.inmesh.model.StringMatch;
import io.inmesh.model.TlsPolicy;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequiredPeerTest {
  private static final SpiffeId A = SpiffeId.parse("spiffe://m/ns/n/sa/a");

  private static TlsPolicy mesh(String... accounts) {
    return new TlsPolicy(
        TlsPolicy.Mode.MESH,
        Stream.of(accounts)
            .map(account -> "spiffe://m/ns/n/sa/" + account)
            .map(id -> (StringMatch) new StringMatch.Exact(id, false))
            .toList(),
        "sni",
        null);
  }

  /** What the cluster accepts, and whether a call that requires {@code a} goes out. */
  @ParameterizedTest
  @CsvSource({
    "a,   false, true",
    "a,   true,  true",
    "a b, false, true",
    "a b, true,  false",
    "b,   false, false",
    "b,   true,  false"
  })
  void peers_areNarrowed_neverWidened(String accepted, boolean shared, boolean goesOut) {
    TlsPolicy narrowed = RequiredPeer.only(A, mesh(accepted.split(" ")), shared);
    assertThat(narrowed).isEqualTo(goesOut ? mesh("a") : null);
  }

  @Test
  void anybodyOfTheMesh_isNarrowed() {
    assertThat(RequiredPeer.only(A, mesh(), false)).isEqualTo(mesh("a"));
  }

  @Test
  void outsideTheMesh_andInPlaintext_nobodyCanBeCertain() {
    assertThat(RequiredPeer.only(A, null, false)).isNull();
    TlsPolicy outside = new TlsPolicy(TlsPolicy.Mode.EXTERNAL, List.of(), null, null);
    assertThat(RequiredPeer.only(A, outside, false)).isNull();
  }
}
