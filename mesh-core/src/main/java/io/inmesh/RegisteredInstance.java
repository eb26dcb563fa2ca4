package io.inmesh;

import io.inmesh.wire.registration.v1.Health;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Locality;
import io.inmesh.wire.registration.v1.Port;
import java.util.List;

/** What a process announces about itself. */
final class RegisteredInstance {
  private RegisteredInstance() {}

  static Instance of(MeshConfig config, List<ServicePort> ports) {
    Instance.Builder instance =
        Instance.newBuilder()
            .setId(config.instance())
            .setService(config.service())
            .setNamespace(config.namespace())
            .setVersion(config.version())
            .setAddress(config.address())
            .putAllLabels(config.labels())
            .setLocality(
                Locality.newBuilder()
                    .setRegion(config.locality().region())
                    .setZone(config.locality().zone())
                    .setSubzone(config.locality().subzone()))
            .setWeight(config.weight())
            .setHealth(Health.HEALTHY);
    for (ServicePort port : ports) {
      instance.addPorts(
          Port.newBuilder()
              .setName(port.name())
              .setAppProtocol(port.protocol())
              .setServicePort(port.servicePort())
              .setInstancePort(port.port()));
    }
    return instance.build();
  }
}
