package io.inmesh.server.registry;

import io.grpc.Context;

/** Decides which instances a caller may register. Thread-safe; must not block. */
@FunctionalInterface
public interface RegistrationPolicy {
  /** Believes every caller, where there are no identities. */
  RegistrationPolicy OPEN = (claimed, caller) -> claimed;

  /**
   * Admits an instance. Called on the registry's thread, in order with {@link Registry#review}.
   *
   * @param claimed what the caller claims, valid in itself
   * @param caller the context of the caller's stream, as interceptors left it
   * @return the instance with the identity that it was proven to have
   * @throws RegistrationException with {@link RegistrationException.Reason#DENIED}
   */
  Instance admit(Instance claimed, Context caller) throws RegistrationException;
}
