package io.inmesh.server.registry;

import java.util.List;
import java.util.Map;

/**
 * What an instance says about itself, as it arrived: nothing is checked, empty and 0 mean absent.
 *
 * @param id see {@link Instance}
 * @param service its service
 * @param namespace empty means {@code default}
 * @param version the {@code version} label where the labels carry none
 * @param address empty means the address the request came from
 * @param ports what it serves
 * @param labels what selectors match
 * @param region where it runs
 * @param zone within the region
 * @param subzone within the zone
 * @param weight 0 means 1
 * @param health empty means healthy; else the name of an {@link InstanceHealth}
 */
public record InstanceClaim(
    String id,
    String service,
    String namespace,
    String version,
    String address,
    List<PortClaim> ports,
    Map<String, String> labels,
    String region,
    String zone,
    String subzone,
    long weight,
    String health) {

  /**
   * One claimed port.
   *
   * @param name may be empty
   * @param appProtocol may be empty
   * @param servicePort 0 means by protocol
   * @param instancePort where it listens
   */
  public record PortClaim(String name, String appProtocol, long servicePort, long instancePort) {}
}
