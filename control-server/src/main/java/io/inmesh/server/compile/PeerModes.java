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

/**
 * What connections a workload accepts, by Istio's rules: the workload's own policy goes before that
 * of its namespace, which goes before that of the mesh; {@code UNSET} asks the next; of several in
 * one scope the oldest counts. A value.
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
    Mode mesh = first(oldestFirst, in(rootNamespace).and(PeerModes::isWide), Mode.STRICT);
    Mode wide = first(oldestFirst, in(namespace).and(PeerModes::isWide), mesh);
    List<Resource<PeerAuthenticationSpec>> own =
        oldestFirst.stream()
            .filter(in(namespace))
            .filter(policy -> !isWide(policy))
            .filter(policy -> labels.entrySet().containsAll(policy.spec().labels().entrySet()))
            .toList();
    Mode mode = first(own, policy -> true, wide);
    SortedMap<Integer, Mode> ports = new TreeMap<>();
    for (Resource<PeerAuthenticationSpec> policy : own) {
      policy
          .spec()
          .ports()
          .forEach((port, set) -> ports.putIfAbsent(port, set == Mode.UNSET ? mode : set));
    }
    return new PeerModes(mode, ports);
  }

  private static Predicate<Resource<PeerAuthenticationSpec>> in(String namespace) {
    return policy -> policy.key().namespace().equals(namespace);
  }

  private static boolean isWide(Resource<PeerAuthenticationSpec> policy) {
    return policy.spec().labels().isEmpty();
  }

  private static Mode first(
      List<Resource<PeerAuthenticationSpec>> oldestFirst,
      Predicate<Resource<PeerAuthenticationSpec>> which,
      Mode otherwise) {
    return oldestFirst.stream()
        .filter(which)
        .map(policy -> policy.spec().mode())
        .filter(mode -> mode != Mode.UNSET)
        .findFirst()
        .orElse(otherwise);
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
