package io.inmesh.filter.jwt;

import io.inmesh.model.Cidr;
import io.inmesh.model.IpLiteral;
import io.inmesh.model.LocalAddresses;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.Security;
import java.util.Objects;

/**
 * Which addresses this process may be made to fetch from: the control plane names the address, and
 * must not reach through this process what only this host can reach. Immutable.
 */
final class AddressGuard {
  /** Between a provider and its customers: nobody else's, as private networks are (RFC 6598). */
  private static final Cidr SHARED =
      new Cidr(Objects.requireNonNull(IpLiteral.parse("100.64.0.0")), 10);

  private final boolean loopback;
  private final boolean namesMayChange;

  /**
   * A guard.
   *
   * @param loopback whether this host itself may be fetched from, for development
   */
  AddressGuard(boolean loopback) {
    this(loopback, "0".equals(Security.getProperty("networkaddress.cache.ttl")));
  }

  AddressGuard(boolean loopback, boolean namesMayChange) {
    this.loopback = loopback;
    this.namesMayChange = namesMayChange;
  }

  /**
   * Looks the host up and checks all its addresses. Blocks. What is fetched next is what was
   * checked: the JDK keeps what it found for a while. Where it was told not to, a name could lead
   * somewhere else a moment later; then only https will do, whose certificate is for the name.
   *
   * @param redirected private networks are closed, too: only the control plane may name those
   * @throws IOException saying what is not allowed
   */
  void check(URI uri, boolean redirected) throws IOException {
    String host = uri.getHost();
    boolean http = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
    if (!http || host == null || uri.getUserInfo() != null) {
      throw new IOException("not an address that keys are fetched from");
    }
    boolean named = IpLiteral.parse(host.replace("[", "").replace("]", "")) == null;
    if (named && namesMayChange && "http".equals(uri.getScheme())) {
      throw new IOException(
          "'" + host + "' is not fetched from in plaintext, because this JVM does not cache names");
    }
    InetAddress[] addresses;
    try {
      addresses = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw new IOException("unknown host '" + host + "'", e);
    }
    for (InetAddress address : addresses) {
      if (blocked(address) || (redirected && inside(address))) {
        throw new IOException(
            "'"
                + host
                + "' is at an address that keys are not fetched from"
                + (redirected ? " after a redirect" : ""));
      }
    }
  }

  private boolean blocked(InetAddress address) {
    return LocalAddresses.contains(address) && !(loopback && address.isLoopbackAddress());
  }

  private static boolean inside(InetAddress found) {
    InetAddress address = LocalAddresses.untranslated(found);
    byte[] bytes = address.getAddress();
    boolean unique = bytes.length == 16 && (bytes[0] & 0xfe) == 0xfc;
    return address.isLoopbackAddress()
        || address.isSiteLocalAddress()
        || unique
        || SHARED.contains(bytes);
  }
}
