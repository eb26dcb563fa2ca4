package io.inmesh.server.config;

import io.netty.handler.ipfilter.IpFilterRuleType;
import io.netty.handler.ipfilter.IpSubnetFilterRule;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A range of IP addresses, as in {@code 10.0.0.0/8}. Immutable. */
public final class Network {
  private final String text;
  private final IpSubnetFilterRule rule;

  private Network(String text, IpSubnetFilterRule rule) {
    this.text = text;
    this.rule = rule;
  }

  /**
   * Reads a CIDR.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Network parse(String cidr) {
    int slash = cidr.indexOf('/');
    if (slash < 0 || !Formats.isIp(cidr.substring(0, slash))) {
      throw new IllegalArgumentException("'" + cidr + "' is no CIDR, expected as in 10.0.0.0/8");
    }
    try {
      return new Network(
          cidr,
          new IpSubnetFilterRule(
              cidr.substring(0, slash),
              Integer.parseInt(cidr.substring(slash + 1)),
              IpFilterRuleType.ACCEPT));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("'" + cidr + "' is no CIDR, expected as in 10.0.0.0/8", e);
    }
  }

  /** Whether it contains an address, which must be an IP literal. */
  public boolean contains(String address) {
    return contains(new InetSocketAddress(address, 0));
  }

  /** Whether it contains a resolved address. */
  public boolean contains(InetSocketAddress address) {
    return rule.matches(address);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Network that && that.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
