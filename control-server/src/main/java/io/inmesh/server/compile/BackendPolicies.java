package io.inmesh.server.compile;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.inmesh.server.config.BackendTrafficPolicySpec;
import io.inmesh.server.config.BackendTrafficPolicySpec.RetryConstraint;
import io.inmesh.server.config.BackendTrafficPolicySpec.TargetRef;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.SessionPersistence;
import io.inmesh.wire.cluster.v1.RetryBudget;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The XBackendTrafficPolicy in force for each Service: of several the oldest. Immutable. */
final class BackendPolicies {
  private static final String EXTENSION = "inmesh.retry_budget";

  private final Map<String, Resource<BackendTrafficPolicySpec>> byHost = new HashMap<>();

  BackendPolicies(ConfigSet config, ServiceCatalog catalog, Collection<Finding> findings) {
    List<Resource<BackendTrafficPolicySpec>> oldestFirst =
        config.backendTrafficPolicies().stream().sorted(Age.OLDEST_FIRST).toList();
    for (Resource<BackendTrafficPolicySpec> policy : oldestFirst) {
      int index = 0;
      for (TargetRef target : policy.spec().targetRefs()) {
        String pointer = "/spec/targetRefs/" + index++;
        String name = "Service " + policy.key().namespace() + "/" + target.name();
        Optional<MeshService> service = catalog.find(policy.key().namespace(), target.name());
        if (service.isEmpty()) {
          findings.add(
              Finding.of(
                  FindingCode.POLICY_TARGET_NOT_FOUND,
                  policy.key(),
                  pointer,
                  target.provenance(),
                  "there is no " + name));
          continue;
        }
        Resource<BackendTrafficPolicySpec> winner =
            byHost.putIfAbsent(service.get().host(), policy);
        if (winner != null) {
          findings.add(
              Finding.of(
                      FindingCode.POLICY_CONFLICTED,
                      policy.key(),
                      pointer,
                      target.provenance(),
                      name + " already has " + winner.key() + ", which is older")
                  .withHint("one policy per target"));
        }
      }
    }
  }

  @Nullable RetryConstraint retries(MeshService service) {
    Resource<BackendTrafficPolicySpec> policy = byHost.get(service.host());
    return policy == null ? null : policy.spec().retries();
  }

  @Nullable SessionPersistence session(MeshService service) {
    Resource<BackendTrafficPolicySpec> policy = byHost.get(service.host());
    return policy == null ? null : policy.spec().session();
  }

  /** Only our clients know budgets over a window of time. */
  static void apply(
      @Nullable RetryConstraint constraint, Cluster.Builder cluster, CapabilityClass clients) {
    if (constraint != null && clients == CapabilityClass.INMESH) {
      cluster.putTypedExtensionProtocolOptions(
          EXTENSION,
          Any.pack(
              RetryBudget.newBuilder()
                  .setPercent(constraint.percent())
                  .setInterval(Protos.duration(constraint.interval()))
                  .setMinCount(constraint.minCount())
                  .setMinInterval(Protos.duration(constraint.minInterval()))
                  .build()));
    }
  }
}
