package io.inmesh.server.compile;

import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import java.util.ArrayList;
import java.util.List;

/** The route tables of a mesh. */
final class RouteTables {
  private RouteTables() {}

  /** One table for each routed port, and one for each namespace whose clients have their own. */
  static List<RouteTable> of(ConfigSet config, ServiceCatalog catalog, List<Finding> findings) {
    List<RouteTable> tables = new ArrayList<>();
    for (MeshService service : catalog.services()) {
      for (MeshPort port : service.ports()) {
        if (port.protocol().routable()) {
          tables.add(
              new RouteTable(
                  service,
                  port,
                  "",
                  List.of(RouteRule.to(service, port, config.meshDefaults().timeout()))));
        }
      }
    }
    return tables;
  }
}
