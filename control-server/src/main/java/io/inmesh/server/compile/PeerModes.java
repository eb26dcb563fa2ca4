package io.inmesh.server.compile;

import io.inmesh.server.config.PeerAuthenticationSpec;
import io.inmesh.server.config.PeerAuthenticationSpec.Mode;
import io.inmesh.server.config.Resource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What connections a workload accepts, by Istio's rules: the workload's own policy goes before that
 * of its namespace, which goes before that of the mesh; {@code UNSET} asks the next; of several in
 * one scope the oldest alone counts, with its ports. A value.
 *
 * @param mode of the ports that are not listed
 * @param ports modes by port
 */
record PeerModes(Mode mode, SortedMap<Integer, Mode> ports) {
  /** Plaintext everywhere, where there are no identities. */
  static final PeerModes INSECURE = new PeerModes(Mode.DISABLE, new TreeMap<>());

  PeerModes {
    ports = Collections.unmodifiableSortedMap(new TreeMap<>(ports));
  }

  /**
   * The modes of a workload.
   *
   * @param oldestFirst all policies
   * @param namespace of the workload
   * @param labels of the workload
   */
  static PeerModes of(
      List<Resource<PeerAuthenticationSpec>> oldestFirst,
      String rootNamespace,
      String namespace,
      Map<String, String> labels) {
    Mode mesh = mode(oldest(oldestFirst, in(rootNamespace).and(PeerModes::isWide)), Mode.STRICT);
    Mode wide = mode(oldest(oldestFirst, in(namespace).and(PeerModes::isWide)), mesh);
    PeerAuthenticationSpec own =
        oldest(
            oldestFirst,
            in(namespace)
                .and(policy -> !isWide(policy))
                .and(policy -> labels.entrySet().containsAll(policy.spec().labels().entrySet())));
    Mode mode = mode(own, wide);
    SortedMap<Integer, Mode> ports = new TreeMap<>();
    if (own != null) {
      own.ports().forEach((port, set) -> ports.put(port, set == Mode.UNSET ? mode : set));
    }
    return new PeerModes(mode, ports);
  }

  private static Predicate<Resource<PeerAuthenticationSpec>> in(String namespace) {
    return policy -> policy.key().namespace().equals(namespace);
  }

  private static boolean isWide(Resource<PeerAuthenticationSpec> policy) {
    return policy.spec().labels().isEmpty();
  }

  private static @Nullable PeerAuthenticationSpec oldest(
      List<Resource<PeerAuthenticationSpec>> oldestFirst,
      Predicate<Resource<PeerAuthenticationSpec>> which) {
    return oldestFirst.stream().filter(which).findFirst().map(Resource::spec).orElse(null);
  }

  private static Mode mode(@Nullable PeerAuthenticationSpec policy, Mode wider) {
    return policy == null || policy.mode() == Mode.UNSET ? wider : policy.mode();
  }

  /** Whether some ports are plaintext although their processes have identities. */
  static boolean disable(List<Resource<PeerAuthenticationSpec>> policies) {
    return policies.stream()
        .anyMatch(
            policy ->
                policy.spec().mode() == Mode.DISABLE
                    || policy.spec().ports().containsValue(Mode.DISABLE));
  }

  /** What a port accepts. */
  Mode of(int port) {
    return ports.getOrDefault(port, mode);
  }
}
