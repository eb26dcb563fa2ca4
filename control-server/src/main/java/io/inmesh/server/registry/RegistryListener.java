package io.inmesh.server.registry;

import java.util.Set;

/** Told about every published change of the registry. */
@FunctionalInterface
public interface RegistryListener {
  /**
   * Called on the registry's thread, in order, without gaps; must return quickly and not throw.
   *
   * @param snapshot the registry after the change
   * @param services the services with an instance that came, went or changed in any way
   */
  void registryChanged(RegistrySnapshot snapshot, Set<ServiceKey> services);
}
