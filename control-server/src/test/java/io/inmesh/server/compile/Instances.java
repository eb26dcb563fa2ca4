package io.inmesh.server.compile;

import io.inmesh.model.Locality;
import io.inmesh.server.registry.Instance;
import io.inmesh.server.registry.InstanceHealth;
import io.inmesh.server.registry.InstanceKey;
import io.inmesh.server.registry.InstancePort;
import io.inmesh.server.registry.LeaseKind;
import io.inmesh.server.registry.LeaseState;
import io.inmesh.server.registry.RegisteredInstance;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.ServiceKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Registered instances for tests, each with what differs from a healthy HTTP server on 8080. */
final class Instances {
  private final String namespace;
  private final String service;
  private final String id;
  private String address = "10.0.0.1";
  private final List<InstancePort> ports = new ArrayList<>();
  private final TreeMap<String, String> labels = new TreeMap<>();
  private Locality locality = Locality.UNKNOWN;
  private int weight = 1;
  private InstanceHealth health = InstanceHealth.HEALTHY;
  private String identity = "";
  private LeaseState lease = LeaseState.ACTIVE;
  private long epoch = 1;

  private Instances(String namespace, String service, String id) {
    this.namespace = namespace;
    this.service = service;
    this.id = id;
    labels.put("app", service);
  }

  static Instances instance(String namespace, String service, String id) {
    return new Instances(namespace, service, id);
  }

  Instances at(String newAddress) {
    address = newAddress;
    return this;
  }

  Instances port(String name, String appProtocol, int servicePort, int instancePort) {
    ports.add(new InstancePort(name, appProtocol, servicePort, instancePort));
    return this;
  }

  Instances version(String version) {
    return label("version", version);
  }

  Instances label(String key, String value) {
    labels.put(key, value);
    return this;
  }

  Instances in(String region, String zone) {
    locality = new Locality(region, zone, "");
    return this;
  }

  Instances weight(int newWeight) {
    weight = newWeight;
    return this;
  }

  Instances health(InstanceHealth newHealth) {
    health = newHealth;
    return this;
  }

  Instances lease(LeaseState newLease) {
    lease = newLease;
    return this;
  }

  Instances epoch(long newEpoch) {
    epoch = newEpoch;
    return this;
  }

  Instances identity(String spiffeId) {
    identity = spiffeId;
    return this;
  }

  RegisteredInstance build() {
    List<InstancePort> all =
        ports.isEmpty() ? List.of(new InstancePort("http", "http", 80, 8080)) : ports;
    return new RegisteredInstance(
        new Instance(
            new InstanceKey(namespace, service, id),
            address,
            List.copyOf(all),
            new TreeMap<>(labels),
            locality,
            weight,
            health,
            identity),
        LeaseKind.STREAM,
        lease,
        epoch,
        Instant.EPOCH);
  }

  static RegistrySnapshot registry(Instances... instances) {
    SortedMap<ServiceKey, List<RegisteredInstance>> services = new TreeMap<>();
    for (Instances instance : instances) {
      RegisteredInstance built = instance.build();
      services.computeIfAbsent(built.key().serviceKey(), k -> new ArrayList<>()).add(built);
    }
    services.values().forEach(list -> list.sort(Comparator.comparing(RegisteredInstance::key)));
    return new RegistrySnapshot(1, services);
  }
}
