package io.inmesh.server;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.TrustState;
import io.inmesh.server.registry.Registry;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Takes the instances of banned identities out of the mesh, also those that come back. */
final class Outcasts {
  private final Registry registry;
  private final Supplier<TrustState> trust;

  Outcasts(Registry registry, Supplier<TrustState> trust) {
    this.registry = registry;
    this.trust = trust;
  }

  /** After a change of what is trusted. */
  void trustChanged(TrustState state) {
    expel(registry.snapshot(), state);
  }

  /** After a change of the registry. */
  void registryChanged(RegistrySnapshot snapshot, Set<ServiceKey> services) {
    TrustState state = trust.get();
    if (!state.bundle().banned().isEmpty()) {
      expel(snapshot, state);
    }
  }

  private void expel(RegistrySnapshot snapshot, TrustState state) {
    Set<String> banned =
        state.bundle().banned().stream().map(SpiffeId::toString).collect(Collectors.toSet());
    snapshot
        .instances()
        .filter(instance -> banned.contains(instance.instance().identity()))
        .forEach(
            instance ->
                registry.expel(instance.key(), instance.instance().identity() + " is banned"));
  }
}
