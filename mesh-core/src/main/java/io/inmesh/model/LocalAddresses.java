package io.inmesh.model;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;

/**
 * The addresses that mean something else on every host: the host itself, its link, where clouds
 * keep credentials. Names of others must not lead there.
 */
public final class LocalAddresses {
  private static final List<Cidr> RANGES =
      List.of(
          cidr("0.0.0.0", 8),
          cidr("169.254.0.0", 16),
          cidr("224.0.0.0", 3),
          cidr("::", 128),
          cidr("fe80::", 10),
          cidr("ff00::", 8),
          cidr("fd00:ec2::254", 128));

  private LocalAddresses() {}

  /** Whether an address is one of them. */
  public static boolean contains(InetAddress address) {
    if (address.isLoopbackAddress()) {
      return true;
    }
    byte[] bytes = address.getAddress();
    return RANGES.stream().anyMatch(range -> range.contains(bytes));
  }

  private static Cidr cidr(String network, int prefix) {
    return new Cidr(Objects.requireNonNull(IpLiteral.parse(network)), prefix);
  }
}
