package io.inmesh.server.compile;

import io.inmesh.server.config.ServiceSpec.PortTarget;

/**
 * A port of a service.
 *
 * @param number callers use
 * @param name may be empty
 * @param protocol spoken on it
 * @param protocolDeclared whether configuration says so; if not, instances may
 * @param target where instances listen that do not say themselves; number 0 if only they can say
 */
record MeshPort(
    int number, String name, Protocol protocol, boolean protocolDeclared, PortTarget target) {
  /** Only the instances know where they listen. */
  static final PortTarget INSTANCE_DECIDES = new PortTarget(0, "");

  MeshPort withProtocol(Protocol newProtocol) {
    return new MeshPort(number, name, newProtocol, protocolDeclared, target);
  }
}
