package io.inmesh.server.compile;

import com.google.protobuf.Message;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compiles configuration and registry to xDS and remembers the result, so that it can say what a
 * change changes. The result depends on nothing but the two inputs: not on the order in which they
 * came, not on time, not on the replica. A change of instances that leaves services and ports as
 * they are costs only the endpoints of the services concerned.
 *
 * <p>Not thread-safe: for one thread, the one that owns the model.
 */
public final class MeshCompiler {
  private ConfigSet config = ConfigSet.EMPTY;
  private RegistrySnapshot registry = RegistrySnapshot.EMPTY;

  private SortedMap<String, MeshService> declared = new TreeMap<>();
  private Map<String, List<Resource<WorkloadEntrySpec>>> workloads = Map.of();
  private Membership membership;
  private ServiceCatalog catalog = new ServiceCatalog(new TreeMap<>());
  private NavigableSet<Integer> instancePorts = new TreeSet<>();

  private final Map<String, EndpointSet> endpoints = new HashMap<>();
  private SortedMap<XdsKey, Message> resources = new TreeMap<>();
  private final List<Finding> declarationFindings = new ArrayList<>();
  private final List<Finding> routeFindings = new ArrayList<>();

  /** A compiler that knows nothing yet and has emitted nothing. */
  public MeshCompiler() {
    membership = index();
  }

  /**
   * Takes over a configuration.
   *
   * @return what changes for clients
   */
  public CompileUpdate configChanged(ConfigSet newConfig) {
    config = newConfig;
    membership = index();
    registry.services().keySet().forEach(key -> membership.update(key, registry));
    return rebuild();
  }

  /**
   * Takes over a state of the registry.
   *
   * @param services the registered names with a change since the state given last
   * @return what changes for clients
   */
  public CompileUpdate registryChanged(RegistrySnapshot snapshot, Set<ServiceKey> services) {
    registry = snapshot;
    Set<String> hosts = new TreeSet<>();
    services.forEach(key -> hosts.addAll(membership.update(key, snapshot)));
    boolean sameShape =
        !resources.isEmpty()
            && membership.serverPorts().equals(instancePorts)
            && hosts.stream().allMatch(host -> Objects.equals(resolve(host), catalog.byHost(host)));
    return sameShape ? endpointsOnly(hosts) : rebuild();
  }

  /** Every resource there is, by key. */
  public SortedMap<XdsKey, Message> resources() {
    return Collections.unmodifiableSortedMap(resources);
  }

  /** What is wrong with how objects refer to one another, in a fixed order. */
  public List<Finding> findings() {
    List<Finding> all = new ArrayList<>(declarationFindings);
    all.addAll(routeFindings);
    EmptyServices.find(catalog, endpoints, all);
    all.sort(Finding.ORDER);
    return List.copyOf(all);
  }

  private Membership index() {
    declarationFindings.clear();
    declared = DeclaredServices.of(config, declarationFindings);
    SelectorIndex selectors = new SelectorIndex(declared.values());
    workloads = new HashMap<>();
    for (Resource<WorkloadEntrySpec> workload : config.workloadEntries()) {
      for (String host : selectors.hosts(workload.key().namespace(), workload.spec().labels())) {
        workloads.computeIfAbsent(host, h -> new ArrayList<>()).add(workload);
      }
    }
    MeshDefaultsSpec defaults = config.meshDefaults();
    return new Membership(
        declared, selectors, defaults.domainSuffix(), defaults.implicitServices());
  }

  private @Nullable MeshService resolve(String host) {
    MeshService service = declared.get(host);
    if (service == null) {
      service = membership.implicitServices().get(host);
    }
    return service == null ? null : PortProtocols.resolve(service, instances(host));
  }

  private List<RegisteredInstance> instances(String host) {
    return membership.instances(host).toList();
  }

  private CompileUpdate rebuild() {
    SortedMap<String, MeshService> services = new TreeMap<>();
    Set<String> hosts = new HashSet<>(declared.keySet());
    hosts.addAll(membership.implicitServices().keySet());
    hosts.forEach(host -> services.put(host, Objects.requireNonNull(resolve(host))));
    catalog = new ServiceCatalog(services);
    routeFindings.clear();
    List<RouteTable> tables = RouteTables.of(config, catalog, routeFindings);
    instancePorts = membership.serverPorts();

    SortedMap<XdsKey, Message> built =
        ResourceEmitter.emit(catalog, tables, ServerPorts.of(catalog, instancePorts));
    Map<String, EndpointSet> before = new HashMap<>(endpoints);
    endpoints.clear();
    for (MeshService service : catalog.services()) {
      for (EndpointSet set : endpointSets(service)) {
        XdsKey key = endpointKey(set.cluster());
        Message old = resources.get(key);
        boolean same = old != null && set.equals(before.get(set.cluster()));
        endpoints.put(set.cluster(), set);
        built.put(key, same && old != null ? old : EndpointResources.of(set));
      }
    }
    CompileUpdate update = Difference.between(resources, built);
    resources = built;
    return update;
  }

  private CompileUpdate endpointsOnly(Set<String> hosts) {
    List<XdsResource> changed = new ArrayList<>();
    for (String host : hosts) {
      MeshService service = catalog.byHost(host);
      if (service == null) {
        continue;
      }
      for (EndpointSet set : endpointSets(service)) {
        if (!set.equals(endpoints.put(set.cluster(), set))) {
          XdsResource resource =
              new XdsResource(endpointKey(set.cluster()), EndpointResources.of(set));
          resources.put(resource.key(), resource.message());
          changed.add(resource);
        }
      }
    }
    return new CompileUpdate(changed, List.of());
  }

  private List<EndpointSet> endpointSets(MeshService service) {
    if (service.isDns()) {
      return List.of();
    }
    List<RegisteredInstance> instances = instances(service.host());
    List<Resource<WorkloadEntrySpec>> selected = workloads.getOrDefault(service.host(), List.of());
    return service.ports().stream()
        .filter(port -> port.protocol().routable())
        .map(port -> EndpointSet.of(service, port, instances, selected))
        .toList();
  }

  private static XdsKey endpointKey(String cluster) {
    return new XdsKey(XdsType.ENDPOINTS, cluster, View.ALL);
  }
}
