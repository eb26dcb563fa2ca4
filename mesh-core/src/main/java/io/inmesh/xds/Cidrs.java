package io.inmesh.xds;

import io.envoyproxy.envoy.config.core.v3.CidrRange;
import io.inmesh.model.Cidr;
import io.inmesh.model.IpLiteral;
import java.net.InetAddress;

/** Ranges of addresses, by literal only: nothing is looked up. */
final class Cidrs {
  private Cidrs() {}

  static Cidr of(CidrRange range, FieldPath path) throws Rejection {
    InetAddress network = IpLiteral.parse(range.getAddressPrefix());
    if (network == null) {
      throw new Rejection(path.field("address_prefix"), "is no IP address");
    }
    int bits = network.getAddress().length * 8;
    int prefix = range.getPrefixLen().getValue();
    if (prefix < 0 || prefix > bits) {
      throw new Rejection(path.field("prefix_len"), "must be from 0 to " + bits);
    }
    return new Cidr(network, prefix);
  }
}
