package io.inmesh.server.compile;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.RegisteredInstance;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who answers for a service, as far as that is proven or declared.
 *
 * @param ids SPIFFE IDs of the instances that have one; empty: callers use plaintext
 * @param mixed whether other instances have none
 */
record PeerIdentities(SortedSet<String> ids, boolean mixed) {
  /** Nobody is known. */
  static final PeerIdentities NONE =
      new PeerIdentities(Collections.unmodifiableSortedSet(new TreeSet<>()), false);

  /**
   * Of registered instances by what they proved, of declared ones by their service account.
   *
   * @param trustDomains the own one, then its aliases
   * @param workloads WorkloadEntries that the service selects
   * @param plaintextToo whether endpoints with an identity may be reached in plaintext all the same
   */
  static PeerIdentities of(
      List<String> trustDomains,
      MeshService service,
      List<RegisteredInstance> instances,
      List<Resource<WorkloadEntrySpec>> workloads,
      boolean plaintextToo) {
    String trustDomain = trustDomains.get(0);
    SortedSet<String> ids = new TreeSet<>();
    instances.forEach(instance -> ids.add(instance.instance().identity()));
    workloads.forEach(
        workload -> ids.add(id(trustDomain, workload.key().namespace(), workload.spec())));
    if (service.selection() instanceof Selection.Listed listed) {
      listed.endpoints().forEach(entry -> ids.add(id(trustDomain, service.namespace(), entry)));
    }
    boolean mixed = (ids.remove("") || plaintextToo) && !ids.isEmpty();
    for (String alias : trustDomains.subList(1, trustDomains.size())) {
      String prefix = "spiffe://" + trustDomain + "/";
      for (String id : List.copyOf(ids)) {
        if (id.startsWith(prefix)) {
          ids.add("spiffe://" + alias + "/" + id.substring(prefix.length()));
        }
      }
    }
    return new PeerIdentities(Collections.unmodifiableSortedSet(ids), mixed);
  }

  private static String id(String trustDomain, String namespace, WorkloadEntrySpec entry) {
    return entry.serviceAccount().isEmpty()
        ? ""
        : SpiffeId.of(trustDomain, namespace, entry.serviceAccount()).toString();
  }
}
