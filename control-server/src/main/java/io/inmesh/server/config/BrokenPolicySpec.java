package io.inmesh.server.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A security policy that is not valid and has no valid version before it. Leaving it out would let
 * in what it was meant to keep out, so whoever it selects refuses every request until it is mended.
 *
 * @param scope which workloads; as many as it could be meant for, where that cannot be told
 */
public record BrokenPolicySpec(WorkloadScope scope) implements Spec {
  private static final Set<Kind> KINDS =
      Set.of(Kind.AUTHORIZATION_POLICY, Kind.PEER_AUTHENTICATION, Kind.REQUEST_AUTHENTICATION);

  /** Whether objects of a kind must not be left out. */
  static boolean standsFor(Kind kind) {
    return KINDS.contains(kind);
  }

  /** What an object that is not valid probably selects. */
  static BrokenPolicySpec of(Node.Mapping root) {
    if (!(ObjectSchema.value(root, "spec") instanceof Node.Mapping spec)) {
      return new BrokenPolicySpec(WorkloadScope.ALL);
    }
    boolean selects = ObjectSchema.value(spec, "selector") != null;
    Node targets = ObjectSchema.value(spec, "targetRefs");
    if (selects && targets == null) {
      return new BrokenPolicySpec(new WorkloadScope(labels(spec), List.of()));
    }
    return new BrokenPolicySpec(
        !selects && targets instanceof Node.Sequence list
            ? new WorkloadScope(Map.of(), services(list))
            : WorkloadScope.ALL);
  }

  private static Map<String, String> labels(Node.Mapping spec) {
    Map<String, String> labels = new TreeMap<>();
    if (ObjectSchema.value(spec, "selector") instanceof Node.Mapping selector
        && ObjectSchema.value(selector, "matchLabels") instanceof Node.Mapping match) {
      match
          .entries()
          .forEach(
              (name, entry) -> {
                if (entry.value() instanceof Node.Scalar value && !value.isNull()) {
                  labels.put(name, value.text());
                }
              });
    }
    return labels;
  }

  /** Empty, which selects everything, if one of them is not named. */
  private static List<WorkloadScope.ServiceRef> services(Node.Sequence targets) {
    List<WorkloadScope.ServiceRef> services = new ArrayList<>();
    for (Node target : targets.items()) {
      if (!(target instanceof Node.Mapping mapping)
          || !(ObjectSchema.value(mapping, "kind") instanceof Node.Scalar kind)
          || !kind.text().equals("Service")
          || !(ObjectSchema.value(mapping, "name") instanceof Node.Scalar name)) {
        return List.of();
      }
      services.add(new WorkloadScope.ServiceRef(name.text(), Provenance.UNKNOWN));
    }
    return services;
  }
}
