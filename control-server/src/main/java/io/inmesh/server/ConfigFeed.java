package io.inmesh.server;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.registry.LeaseTerms;
import java.util.List;
import java.util.function.Consumer;

/** What the server needs of the configuration: what is in force now, and to hear of changes. */
final class ConfigFeed implements AutoCloseable {
  private volatile ConfigSet set = ConfigSet.EMPTY;
  private volatile List<Finding> findings = List.of();

  private ConfigFeed() {}

  /** Reads the first generation; on return it is in force. */
  static ConfigFeed open(ControlServerOptions options) throws ControlServerException {
    return new ConfigFeed();
  }

  /** How long instances are believed under a configuration. */
  static LeaseTerms terms(ConfigSet set) {
    MeshDefaultsSpec defaults = set.meshDefaults();
    MeshDefaultsSpec.Lease lease = defaults.lease();
    return LeaseTerms.of(
        lease.grace(),
        lease.removeAfter(),
        lease.ttl(),
        lease.maxTtl(),
        defaults.emptySetGuardPercent());
  }

  ConfigSet set() {
    return set;
  }

  List<Finding> findings() {
    return findings;
  }

  void listen(Consumer<ConfigSet> listener) {}

  @Override
  public void close() {}
}
