package io.inmesh.server.compile;

import com.google.protobuf.Message;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.Kind;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.config.PeerAuthenticationSpec;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ResourceKey;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Compiles configuration and registry to xDS and remembers the result, so that it can say what a
 * change changes. The result depends on nothing but the two inputs: not on the order in which they
 * came, not on time, not on the replica. A change of instances that leaves services and ports as
 * they are costs only the endpoints of the services concerned; a change of routes touches no
 * endpoints.
 *
 * <p>Not thread-safe: for one thread, the one that owns the model.
 */
public final class MeshCompiler {
  /** The kinds that decide which services there are and who answers for them. */
  private static final Set<Kind> SERVICES =
      EnumSet.of(
          Kind.SERVICE,
          Kind.SERVICE_ENTRY,
          Kind.WORKLOAD_ENTRY,
          Kind.PEER_AUTHENTICATION,
          Kind.MESH_DEFAULTS);

  /** Policies that name workloads let nothing in to more than these. */
  private static final int MAX_WORKLOADS = 10_000;

  private ConfigSet config = ConfigSet.EMPTY;
  private RegistrySnapshot registry = RegistrySnapshot.EMPTY;

  private SortedMap<String, MeshService> declared = new TreeMap<>();
  private Map<String, List<Resource<WorkloadEntrySpec>>> workloads = new HashMap<>();
  private Membership membership;
  private ServiceCatalog catalog = new ServiceCatalog(new TreeMap<>());
  private Destinations destinations =
      Destinations.of(ConfigSet.EMPTY, catalog, List.of(), new ArrayList<>());
  private NavigableSet<Integer> instancePorts = new TreeSet<>();

  /** What registered or connected; it is few label sets, however many instances there are. */
  private final SortedSet<Workload> workloadsSeen = new TreeSet<>();

  private ServerPolicies policies;

  /** Whether callers have to know their own number, zone by zone. */
  private boolean zoneAware;

  private final boolean secure;
  private final ResourceEmitter emitter;
  private final Map<String, List<EndpointSet>> endpoints = new HashMap<>();
  private SortedMap<XdsKey, Message> resources = new TreeMap<>();
  private final List<Finding> declarationFindings = new ArrayList<>();
  private final List<Finding> routeFindings = new ArrayList<>();

  /** A compiler that knows nothing yet and has emitted nothing. */
  public MeshCompiler() {
    this(false);
  }

  /**
   * A compiler that knows nothing yet and has emitted nothing.
   *
   * @param secure whether processes have identities: servers then accept mutual TLS only, and
   *     callers use it towards every instance with an identity
   */
  public MeshCompiler(boolean secure) {
    this.secure = secure;
    emitter = new ResourceEmitter();
    membership = index();
    policies = policies(List.of());
  }

  /** The client listener that leads to a cluster; empty if that is for a rule to say. */
  public static Optional<String> listener(String cluster) {
    return Names.listener(cluster);
  }

  /**
   * Takes over a configuration.
   *
   * @return what changes for clients
   */
  public CompileUpdate configChanged(ConfigSet newConfig) {
    boolean sameServices =
        newConfig.changesSince(config).stream()
            .map(ResourceKey::kind)
            .noneMatch(SERVICES::contains);
    config = newConfig;
    boolean zones = config.destinationRules().stream().anyMatch(rule -> rule.spec().zoneAware());
    if (zones != zoneAware) {
      zoneAware = zones;
      endpoints.clear();
    }
    if (sameServices) {
      declarationFindings.clear();
      declared = DeclaredServices.of(config, declarationFindings);
      return rebuild(Set.of());
    }
    membership = index();
    endpoints.clear();
    registry.services().keySet().forEach(key -> membership.update(key, registry));
    return rebuild(Set.of());
  }

  /**
   * Takes over a state of the registry.
   *
   * @param services the registered names with a change since the state given last
   * @return what changes for clients
   */
  public CompileUpdate registryChanged(RegistrySnapshot snapshot, Set<ServiceKey> services) {
    registry = snapshot;
    boolean newcomers = false;
    for (ServiceKey key : services) {
      for (RegisteredInstance instance : snapshot.instances(key)) {
        newcomers |=
            seen(new Workload(key.namespace(), key.service(), instance.instance().labels()));
      }
    }
    Set<String> hosts = new TreeSet<>();
    services.forEach(key -> hosts.addAll(membership.update(key, snapshot)));
    boolean sameShape =
        !newcomers
            && !resources.isEmpty()
            && membership.serverPorts().equals(instancePorts)
            && hosts.stream().allMatch(this::sameShape);
    return sameShape ? endpointsOnly(hosts) : rebuild(hosts);
  }

  private boolean sameShape(String host) {
    MeshService service = catalog.byHost(host);
    return Objects.equals(resolve(host), service)
        && (service == null || policies.agreeWith(service, serverPorts(service)));
  }

  /**
   * Takes note of a workload that connects: policies may name it.
   *
   * @return what changes for clients
   */
  public CompileUpdate workloadConnected(Workload workload) {
    return seen(workload) ? rebuild(Set.of()) : CompileUpdate.NONE;
  }

  /** Whether a workload is new and differs from others of its namespace. */
  private boolean seen(Workload workload) {
    return workloadsSeen.size() < MAX_WORKLOADS
        && workloadsSeen.add(workload)
        && (policies.perWorkload(workload.namespace())
            || VirtualServices.tellWorkloadsApart(config)
            || Destinations.tellingWorkloadsApart(config).contains(workload.namespace()));
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
    EmptySubsets.find(catalog, destinations, endpoints, all);
    EmptyServices.findUnreachable(catalog, membership.unreachable(), all);
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
    if (service == null) {
      return null;
    }
    List<RegisteredInstance> instances = membership.instances(host);
    MeshService resolved = PortProtocols.resolve(service, instances);
    return secure && !service.isDns()
        ? resolved.withPeers(
            PeerIdentities.of(
                config.meshDefaults().trustDomains(),
                service,
                instances,
                workloads.getOrDefault(host, List.of()),
                PeerModes.disable(config.peerAuthentications())))
        : resolved;
  }

  /** Everything, but endpoints only of these hosts and of those that have none yet. */
  private CompileUpdate rebuild(Set<String> changedHosts) {
    SortedMap<String, MeshService> services = new TreeMap<>();
    Set<String> hosts = new TreeSet<>(declared.keySet());
    hosts.addAll(membership.implicitServices().keySet());
    hosts.forEach(host -> services.put(host, Objects.requireNonNull(resolve(host))));
    catalog = new ServiceCatalog(services);
    routeFindings.clear();
    Destinations before = destinations;
    destinations = Destinations.of(config, catalog, workloadsSeen, routeFindings);
    List<RouteTable> tables =
        RouteTables.of(config, catalog, destinations, workloadsSeen, routeFindings);
    policies = policies(tables);
    policies.check(routeFindings);
    instancePorts = new TreeSet<>(membership.serverPorts());

    SortedMap<XdsKey, Message> built =
        emitter.emit(
            catalog,
            tables,
            destinations,
            config.meshDefaults().outboundTrafficPolicy(),
            ServerPorts.of(catalog, instancePorts, config.peerAuthentications()),
            policies.scopes(workloadsSeen),
            config.meshDefaults().tls(),
            AccessLogResources.of(config.meshDefaults().accessLog()));
    endpoints.keySet().retainAll(hosts);
    changedHosts.forEach(endpoints::remove);
    for (MeshService service : catalog.services()) {
      if (!before.of(service).equals(destinations.of(service))) {
        endpoints.remove(service.host());
      }
    }
    for (MeshService service : catalog.services()) {
      List<EndpointSet> known = endpoints.get(service.host());
      List<EndpointSet> sets = known == null ? endpointSets(service) : known;
      endpoints.put(service.host(), sets);
      for (EndpointSet set : sets) {
        XdsKey key = set.key();
        Message old = resources.get(key);
        built.put(key, known == null || old == null ? EndpointResources.of(set) : old);
      }
    }
    CompileUpdate update = Difference.between(resources, built);
    resources = built;
    return update;
  }

  private ServerPolicies policies(List<RouteTable> tables) {
    return new ServerPolicies(
        config,
        catalog,
        tables,
        new ServerLimits(config, catalog, this::serverPorts),
        this::serverPorts,
        secure);
  }

  private SortedSet<Integer> serverPorts(MeshService service, MeshPort port) {
    return ServerPorts.of(
        port,
        membership.instances(service.host()),
        workloads.getOrDefault(service.host(), List.of()));
  }

  private SortedSet<Integer> serverPorts(MeshService service) {
    SortedSet<Integer> ports = new TreeSet<>();
    service.ports().forEach(port -> ports.addAll(serverPorts(service, port)));
    return ports;
  }

  private CompileUpdate endpointsOnly(Set<String> hosts) {
    List<XdsResource> changed = new ArrayList<>();
    List<XdsKey> removed = new ArrayList<>();
    for (String host : hosts) {
      MeshService service = catalog.byHost(host);
      if (service == null) {
        continue;
      }
      Map<XdsKey, EndpointSet> before = new HashMap<>();
      endpoints.getOrDefault(host, List.of()).forEach(set -> before.put(set.key(), set));
      List<EndpointSet> now = endpointSets(service);
      endpoints.put(host, now);
      for (EndpointSet set : now) {
        if (!set.equals(before.remove(set.key()))) {
          XdsResource resource = new XdsResource(set.key(), EndpointResources.of(set));
          resources.put(resource.key(), resource.message());
          changed.add(resource);
        }
      }
      before.keySet().stream().sorted().forEach(removed::add);
    }
    resources.keySet().removeAll(removed);
    return new CompileUpdate(changed, removed);
  }

  /** Callers use plaintext where a server accepts nothing else. */
  private List<MeshEndpoint> secured(List<MeshEndpoint> endpoints) {
    return PeerModes.disable(config.peerAuthentications())
        ? endpoints.stream()
            .map(
                endpoint ->
                    policies.modes(endpoint.namespace(), endpoint.labels()).of(endpoint.port())
                            == PeerAuthenticationSpec.Mode.DISABLE
                        ? endpoint.inPlaintext()
                        : endpoint)
            .toList()
        : endpoints;
  }

  private List<EndpointSet> endpointSets(MeshService service) {
    if (service.isDns()) {
      return List.of();
    }
    List<RegisteredInstance> instances = membership.instances(service.host());
    List<Resource<WorkloadEntrySpec>> selected = workloads.getOrDefault(service.host(), List.of());
    List<EndpointSet> sets = new ArrayList<>();
    for (MeshPort port : service.ports()) {
      if (port.protocol().routable()) {
        List<MeshEndpoint> all = secured(EndpointSet.endpoints(service, port, instances, selected));
        if (zoneAware && sets.isEmpty()) {
          // One of its ports is enough to count instances.
          sets.add(new EndpointSet(Names.localCluster(service), all));
        }
        sets.addAll(EndpointSet.of(service, port, all, destinations.of(service)));
      }
    }
    return List.copyOf(sets);
  }
}
