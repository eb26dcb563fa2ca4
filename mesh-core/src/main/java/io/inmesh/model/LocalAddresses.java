package io.inmesh.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
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
          cidr("100.100.100.200", 32),
          cidr("169.254.0.0", 16),
          cidr("224.0.0.0", 3),
          cidr("::", 128),
          cidr("fe80::", 10),
          cidr("ff00::", 8),
          cidr("fd00:ec2::254", 128));

  /** Addresses of IPv4 as networks without it reach them, through a translator (RFC 6052). */
  private static final Cidr TRANSLATED = cidr("64:ff9b::", 96);

  private LocalAddresses() {}

  /** Whether an address is one of them, or leads to one. */
  public static boolean contains(InetAddress found) {
    InetAddress address = untranslated(found);
    if (address.isLoopbackAddress()) {
      return true;
    }
    byte[] bytes = address.getAddress();
    return RANGES.stream().anyMatch(range -> range.contains(bytes));
  }

  /** Where an address leads to: the one of IPv4 that is in it, or itself. */
  public static InetAddress untranslated(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (!TRANSLATED.contains(bytes)) {
      return address;
    }
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(bytes, 12, 16));
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException("four bytes are an address", impossible);
    }
  }

  private static Cidr cidr(String network, int prefix) {
    return new Cidr(Objects.requireNonNull(IpLiteral.parse(network)), prefix);
  }
}
