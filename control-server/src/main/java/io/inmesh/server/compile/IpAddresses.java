package io.inmesh.server.compile;

import io.netty.util.NetUtil;

/** IP literals. */
final class IpAddresses {
  private IpAddresses() {}

  /** Whether the text is an IPv4 or IPv6 address, without a zone and without brackets. */
  static boolean isLiteral(String text) {
    return NetUtil.isValidIpV4Address(text)
        || (text.indexOf('%') < 0 && text.indexOf('[') < 0 && NetUtil.isValidIpV6Address(text));
  }
}
