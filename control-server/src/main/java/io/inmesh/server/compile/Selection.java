package io.inmesh.server.compile;

import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.ServiceKey;
import java.util.List;
import java.util.SortedMap;

/** Who answers for a service. */
sealed interface Selection {
  /** Workloads of the service's namespace that carry all these labels; never empty. */
  record Labels(SortedMap<String, String> selector) implements Selection {}

  /** Instances that registered under this name. */
  record Registered(ServiceKey key) implements Selection {}

  /** The listed workloads. */
  record Listed(List<WorkloadEntrySpec> endpoints) implements Selection {}

  /** Whatever DNS says about the host that a call names, one of many that a wildcard stands for. */
  record Called() implements Selection {}

  /**
   * Whatever DNS says about the addresses of these entries, which are names.
   *
   * @param logical whether the one name is one host, whose addresses only new connections look at
   */
  record Dns(List<WorkloadEntrySpec> targets, boolean logical) implements Selection {}
}
