package io.inmesh.server.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gateway API {@code BackendTLSPolicy}: connections to these services are TLS.
 *
 * @param targets at least one
 * @param tls how
 */
public record BackendTlsPolicySpec(List<Target> targets, ClientTls tls) implements Spec {
  /** Copies the list. */
  public BackendTlsPolicySpec {
    targets = List.copyOf(targets);
  }

  /**
   * A service of the policy's namespace.
   *
   * @param group API group; empty for the core group
   * @param section the name of one port; null: all ports
   */
  public record Target(
      String group, String kind, String name, @Nullable String section, Provenance provenance) {}
}
