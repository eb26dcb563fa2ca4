package io.inmesh.server.registry;

import java.util.List;
import java.util.Map;

/** Claims for tests. */
final class Claims {
  private Claims() {}

  static InstanceClaim of(String service, String id) {
    return new InstanceClaim(
        id,
        service,
        "",
        "v1",
        "10.0.0.1",
        List.of(new InstanceClaim.PortClaim("http", "", 0, 8080)),
        Map.of(),
        "",
        "",
        "",
        0,
        "");
  }

  static InstanceKey key(String service, String id) {
    return new InstanceKey("default", service, id);
  }

  static InstanceClaim withPorts(InstanceClaim.PortClaim... ports) {
    InstanceClaim base = of("orders", "a");
    return new InstanceClaim(
        base.id(),
        base.service(),
        "",
        "",
        base.address(),
        List.of(ports),
        Map.of(),
        "",
        "",
        "",
        0,
        "");
  }

  static InstanceClaim withLabels(String version, Map<String, String> labels) {
    InstanceClaim base = of("orders", "a");
    return new InstanceClaim(
        base.id(),
        base.service(),
        "",
        version,
        base.address(),
        base.ports(),
        labels,
        "",
        "",
        "",
        0,
        "");
  }
}
