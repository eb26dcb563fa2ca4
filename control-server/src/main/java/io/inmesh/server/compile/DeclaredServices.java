package io.inmesh.server.compile;

import io.inmesh.model.Locality;
import io.inmesh.server.config.ClientTls;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.FindingCode;
import io.inmesh.server.config.Provenance;
import io.inmesh.server.config.Resource;
import io.inmesh.server.config.ServiceEntrySpec;
import io.inmesh.server.config.ServiceSpec;
import io.inmesh.server.config.ServiceSpec.PortTarget;
import io.inmesh.server.config.WorkloadEntrySpec;
import io.inmesh.server.registry.ServiceKey;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The services that configuration declares: each Service, and each host of each ServiceEntry. */
final class DeclaredServices {
  private final SortedMap<String, MeshService> byHost = new TreeMap<>();
  private final List<Finding> findings;
  private final String suffix;

  private DeclaredServices(String suffix, List<Finding> findings) {
    this.suffix = suffix;
    this.findings = findings;
  }

  /**
   * Services go before ServiceEntries, each in the order of their keys; the first of a host stays.
   */
  static SortedMap<String, MeshService> of(ConfigSet config, List<Finding> findings) {
    DeclaredServices declared =
        new DeclaredServices(config.meshDefaults().domainSuffix(), findings);
    config.services().forEach(declared::addService);
    config.serviceEntries().forEach(declared::addEntry);
    return declared.byHost;
  }

  /** The full name of a Service. */
  static String host(String name, String namespace, String suffix) {
    return name + "." + namespace + "." + suffix;
  }

  private void addService(Resource<ServiceSpec> resource) {
    ServiceSpec spec = resource.spec();
    String namespace = resource.key().namespace();
    String name = resource.key().name();
    Map<Integer, MeshPort> ports = new LinkedHashMap<>();
    for (ServiceSpec.Port port : spec.ports()) {
      if (port.protocol().equals("TCP")) {
        Optional<Protocol> declared = Protocol.declared(port.appProtocol(), port.name());
        noteOpaque(resource, declared, port.port(), port.provenance());
        ports.putIfAbsent(
            port.port(),
            new MeshPort(
                port.port(),
                port.name(),
                declared.orElse(Protocol.HTTP1),
                declared.isPresent(),
                port.targetPort()));
      }
    }
    add(
        new MeshService(
            host(name, namespace, suffix),
            namespace,
            name,
            sorted(ports),
            selection(resource),
            spec.publishNotReadyAddresses(),
            spec.trafficDistribution(),
            resource.key(),
            resource.provenance()));
  }

  private static Selection selection(Resource<ServiceSpec> resource) {
    ServiceSpec spec = resource.spec();
    if (spec.type().equals("ExternalName")) {
      return new Selection.Dns(List.of(named(spec.externalName(), resource)), false);
    }
    return spec.selector().isEmpty()
        ? new Selection.Registered(
            new ServiceKey(resource.key().namespace(), resource.key().name()))
        : new Selection.Labels(new TreeMap<>(spec.selector()));
  }

  private void addEntry(Resource<ServiceEntrySpec> resource) {
    ServiceEntrySpec spec = resource.spec();
    Map<Integer, MeshPort> ports = new LinkedHashMap<>();
    for (ServiceEntrySpec.Port port : spec.ports()) {
      Protocol protocol = Protocol.named(port.protocol()).orElse(Protocol.OPAQUE);
      noteOpaque(resource, Optional.of(protocol), port.number(), port.provenance());
      ports.putIfAbsent(
          port.number(),
          new MeshPort(
              port.number(), port.name(), protocol, true, new PortTarget(port.targetPort(), "")));
    }
    for (String host : spec.hosts()) {
      if (host.startsWith("*") && !looksUpWhatIsCalled(spec)) {
        findings.add(
            Finding.of(
                    FindingCode.WILDCARD_HOST,
                    resource.key(),
                    "/spec/hosts",
                    resource.provenance(),
                    "the host "
                        + host
                        + " stands for many names, and resolution "
                        + spec.resolution()
                        + " does not say which is called")
                .withHint("list the hosts one by one, or use resolution DYNAMIC_DNS"));
        continue;
      }
      String name = host.toLowerCase(Locale.ROOT);
      add(
          new MeshService(
                  name,
                  resource.key().namespace(),
                  name,
                  sorted(ports),
                  selection(resource, name),
                  false,
                  "",
                  resource.key(),
                  resource.provenance())
              .withNames(spec.subjectAltNames().stream().map(ClientTls.Name::of).toList())
              .withExportedTo(Exports.namespaces(spec.exportTo(), resource.key())));
    }
  }

  private static boolean looksUpWhatIsCalled(ServiceEntrySpec spec) {
    return spec.resolution() == ServiceEntrySpec.Resolution.DYNAMIC_DNS
        || spec.resolution() == ServiceEntrySpec.Resolution.NONE;
  }

  private Selection selection(Resource<ServiceEntrySpec> resource, String host) {
    ServiceEntrySpec spec = resource.spec();
    if (host.startsWith("*")) {
      return new Selection.Called();
    }
    switch (spec.resolution()) {
      case DNS, DNS_ROUND_ROBIN, DYNAMIC_DNS -> {
        return new Selection.Dns(
            spec.endpoints().isEmpty() ? List.of(named(host, resource)) : spec.endpoints(),
            spec.resolution() != ServiceEntrySpec.Resolution.DNS);
      }
      case NONE -> {
        // A proxy would go on to where the application wanted to connect: to what DNS told it.
        return new Selection.Dns(List.of(named(host, resource)), true);
      }
      default -> {
        if (!spec.workloadSelector().isEmpty()) {
          return new Selection.Labels(new TreeMap<>(spec.workloadSelector()));
        }
        for (WorkloadEntrySpec endpoint : spec.endpoints()) {
          if (!IpAddresses.isLiteral(endpoint.address())) {
            findings.add(
                Finding.of(
                        FindingCode.ENDPOINT_NOT_IP,
                        resource.key(),
                        "/spec/endpoints",
                        endpoint.provenance(),
                        "the endpoint " + endpoint.address() + " is not an IP address")
                    .withHint("use resolution: DNS for names"));
          }
        }
        return new Selection.Listed(spec.endpoints());
      }
    }
  }

  private static WorkloadEntrySpec named(String host, Resource<?> declaredBy) {
    return new WorkloadEntrySpec(
        host, Map.of(), Map.of(), "", Locality.UNKNOWN, 1, "", declaredBy.provenance());
  }

  private void noteOpaque(
      Resource<?> resource, Optional<Protocol> protocol, int number, Provenance where) {
    if (protocol.filter(p -> !p.routable()).isPresent()) {
      findings.add(
          Finding.of(
              FindingCode.PORT_NOT_ROUTED,
              resource.key(),
              "/spec/ports",
              where,
              "port " + number + " does not speak HTTP or gRPC: callers do not see it"));
    }
  }

  private void add(MeshService service) {
    MeshService first = byHost.putIfAbsent(service.host(), service);
    if (first != null) {
      findings.add(
          Finding.of(
              FindingCode.DUPLICATE_SERVICE,
              Objects.requireNonNull(service.declaredBy()),
              "",
              service.provenance(),
              "the host " + service.host() + " is already declared by " + first.declaredBy()));
    }
  }

  private static List<MeshPort> sorted(Map<Integer, MeshPort> ports) {
    return ports.values().stream().sorted(Comparator.comparingInt(MeshPort::number)).toList();
  }
}
