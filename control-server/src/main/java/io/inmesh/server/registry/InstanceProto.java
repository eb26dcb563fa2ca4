package io.inmesh.server.registry;

import io.inmesh.wire.registration.v1.Health;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Locality;
import java.util.List;

/** Reads the wire form of a claim. */
final class InstanceProto {
  private InstanceProto() {}

  static InstanceClaim claim(Instance wire) throws RegistrationException {
    Locality locality = wire.getLocality();
    List<InstanceClaim.PortClaim> ports =
        wire.getPortsList().stream()
            .map(
                port ->
                    new InstanceClaim.PortClaim(
                        port.getName(),
                        port.getAppProtocol(),
                        Integer.toUnsignedLong(port.getServicePort()),
                        Integer.toUnsignedLong(port.getInstancePort())))
            .toList();
    return new InstanceClaim(
        wire.getId(),
        wire.getService(),
        wire.getNamespace(),
        wire.getVersion(),
        wire.getAddress(),
        ports,
        wire.getLabelsMap(),
        locality.getRegion(),
        locality.getZone(),
        locality.getSubzone(),
        Integer.toUnsignedLong(wire.getWeight()),
        health(wire.getHealth()).name());
  }

  static InstanceHealth health(Health wire) throws RegistrationException {
    return switch (wire) {
      case HEALTH_UNSPECIFIED, HEALTHY -> InstanceHealth.HEALTHY;
      case UNHEALTHY -> InstanceHealth.UNHEALTHY;
      case DRAINING -> InstanceHealth.DRAINING;
      case UNRECOGNIZED ->
          throw RegistrationException.invalid("health", "is none of HEALTHY, UNHEALTHY, DRAINING");
    };
  }
}
