package io.inmesh.server.compile;

import io.inmesh.server.registry.RegisteredInstance;
import java.util.List;
import java.util.Optional;

/**
 * What is spoken on ports whose Service does not say: what the instances say, if they agree; where
 * they do not, the least of it, since an HTTP/2 server of ours also answers HTTP/1.1.
 */
final class PortProtocols {
  private PortProtocols() {}

  static MeshService resolve(MeshService service, List<RegisteredInstance> instances) {
    if (service.ports().stream().allMatch(MeshPort::protocolDeclared)) {
      return service;
    }
    return service.withPorts(
        service.ports().stream()
            .map(port -> port.protocolDeclared() ? port : resolve(port, instances))
            .toList());
  }

  private static MeshPort resolve(MeshPort port, List<RegisteredInstance> instances) {
    Protocol least = null;
    for (RegisteredInstance instance : instances) {
      Optional<Protocol> said =
          EndpointResolver.port(port, instance.instance())
              .flatMap(instancePort -> Protocol.named(instancePort.appProtocol()));
      if (said.isPresent() && (least == null || said.get().compareTo(least) < 0)) {
        least = said.get();
      }
    }
    return port.withProtocol(least == null ? Protocol.HTTP1 : least);
  }
}
