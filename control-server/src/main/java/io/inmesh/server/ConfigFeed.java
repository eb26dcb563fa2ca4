package io.inmesh.server;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.ConfigStore;
import io.inmesh.server.config.ConfigUpdate;
import io.inmesh.server.config.DirectorySource;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.registry.LeaseTerms;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What the server needs of the configuration: what is in force, and to hear of changes. */
final class ConfigFeed implements AutoCloseable {
  private static final int SHOWN = 10;

  private final List<Consumer<ConfigSet>> listeners = new CopyOnWriteArrayList<>();
  private final ConfigStore store;
  private final @Nullable DirectorySource source;

  private ConfigFeed(ControlServerOptions options) {
    store =
        options.state().isPresent()
            ? ConfigStore.persistent(options.state().get(), options.strict())
            : ConfigStore.inMemory(options.strict());
    source =
        options.config().isPresent()
            ? DirectorySource.of(options.config().get(), store).start(this::changed)
            : null;
  }

  /**
   * Reads the first generation; on return what is valid of it is in force.
   *
   * @throws ControlServerException if errors are not tolerated, there are some, and there is no
   *     earlier generation to go on with
   */
  static ConfigFeed open(ControlServerOptions options) throws ControlServerException {
    ConfigFeed feed = new ConfigFeed(options);
    ConfigUpdate first = feed.store.current();
    if (options.strict() && first.hasErrors() && first.set().all().isEmpty()) {
      feed.close();
      throw ControlServerException.failed("--strict: " + errors(first));
    }
    return feed;
  }

  private static String errors(ConfigUpdate update) {
    List<String> lines =
        update.findings().stream().filter(Finding::isError).map(Finding::toString).toList();
    String shown = String.join("\n  ", lines.subList(0, Math.min(SHOWN, lines.size())));
    return "the configuration has errors:\n  "
        + shown
        + (lines.size() > SHOWN ? "\n  and " + (lines.size() - SHOWN) + " more" : "");
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

  private void changed(ConfigUpdate update) {
    listeners.forEach(listener -> listener.accept(update.set()));
  }

  ConfigSet set() {
    return store.current().set();
  }

  List<Finding> findings() {
    return store.current().findings();
  }

  /** Hears of every generation from here on, and at once of the present one. */
  void listen(Consumer<ConfigSet> listener) {
    listeners.add(listener);
    listener.accept(set());
  }

  @Override
  public void close() {
    if (source != null) {
      source.close();
    }
  }
}
