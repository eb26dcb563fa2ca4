package io.inmesh.model;

import java.net.InetAddress;

/**
 * A range of addresses.
 *
 * @param network any address of it
 * @param prefix how many leading bits are the same for all
 */
public record Cidr(InetAddress network, int prefix) {
  /** Whether an address, in network order, is in the range; one of the other family never is. */
  public boolean contains(byte[] address) {
    byte[] own = network.getAddress();
    if (own.length != address.length) {
      return false;
    }
    int whole = prefix / 8;
    for (int i = 0; i < whole; i++) {
      if (own[i] != address[i]) {
        return false;
      }
    }
    int rest = prefix % 8;
    return rest == 0 || ((own[whole] ^ address[whole]) & 0xff) >>> (8 - rest) == 0;
  }
}
