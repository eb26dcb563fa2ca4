package io.inmesh.call.engine;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What an engine knows about its own process.
 *
 * @param service of this process
 * @param namespace that short names are looked up in
 * @param version of this process, for telemetry
 * @param domainSuffix that mesh names end with
 * @param declared further hosts that are mesh names although they are not under the suffix
 * @param egress what happens to unknown hosts, whatever the control server says; null: what it
 *     says, and nothing is called while it says nothing
 * @param insecure whether peers without identity are trusted as mesh peers
 * @param readyTimeout how long a call without deadline waits for configuration
 */
public record EngineSettings(
    String service,
    String namespace,
    String version,
    String domainSuffix,
    Set<String> declared,
    @Nullable EgressPolicy egress,
    boolean insecure,
    Duration readyTimeout) {
  /** The usual suffix of mesh names. */
  public static final String DOMAIN_SUFFIX = "svc.cluster.local";

  public EngineSettings {
    declared = Set.copyOf(declared);
  }

  /** Insecure, without an egress policy of its own, waits for configuration for 15 s. */
  public static EngineSettings insecure(String service, String namespace) {
    return new EngineSettings(
        service, namespace, "", DOMAIN_SUFFIX, Set.of(), null, true, Duration.ofSeconds(15));
  }
}
