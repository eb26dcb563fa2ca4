package io.inmesh.grpc;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SslContextsTest {
  private static final TlsParameters X25519 =
      new TlsParameters(
          TlsParameters.DEFAULT.min(),
          TlsParameters.DEFAULT.max(),
          List.of(),
          List.of(TlsParameters.Curve.X25519));

  private final TlsMaterial web =
      new TestAuthority().material("spiffe://cluster.local/ns/shop/sa/web");

  private TlsGeneration client() {
    return requireNonNull(
        web.client(
            new TlsPolicy(
                TlsPolicy.Mode.MESH, List.of(), Map.of(), List.of(), null, null, null, X25519)));
  }

  private TlsGeneration server() {
    return requireNonNull(
        web.server(new ServerTlsPolicy(ServerTlsPolicy.Mode.STRICT, List.of(), Map.of(), X25519))
            .generation());
  }

  private static WeakReference<TlsGeneration> used(SslContexts contexts, TlsGeneration client) {
    assertThat(contexts.client(client)).isSameAs(contexts.client(client));
    return new WeakReference<>(client);
  }

  private static WeakReference<TlsGeneration> served(SslContexts contexts, TlsGeneration server) {
    assertThat(contexts.server(server)).isSameAs(contexts.server(server));
    return new WeakReference<>(server);
  }

  @Test
  void context_goesWithItsGeneration_alsoWhereItLimitsCurves() {
    List<WeakReference<TlsGeneration>> gone =
        List.of(
            used(SslContexts.JDK, client()),
            used(SslContexts.FASTEST, client()),
            served(SslContexts.JDK, server()),
            served(SslContexts.FASTEST, server()));
    long end = System.nanoTime() + 20_000_000_000L;
    while (gone.stream().anyMatch(reference -> reference.get() != null)) {
      assertThat(System.nanoTime()).as("they are kept").isLessThan(end);
      System.gc();
    }
  }
}
