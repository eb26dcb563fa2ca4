package io.inmesh.model;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Socket addresses by position: bytes where they are plain IP addresses of one family, since the
 * four objects of each are many times as large; else the objects. Immutable.
 */
final class AddressColumn {
  private static final byte[] NOTHING = {};
  private static final InetSocketAddress[] NOBODY = {};

  /** Of each address its IP address and two bytes of its port. */
  private final byte[] packed;

  private final int width;

  /** Empty if they are packed. */
  private final InetSocketAddress[] listed;

  private AddressColumn(byte[] packed, int width, InetSocketAddress[] listed) {
    this.packed = packed;
    this.width = width;
    this.listed = listed;
  }

  static AddressColumn of(List<InetSocketAddress> addresses) {
    int length = addresses.isEmpty() ? 0 : length(addresses.get(0));
    if (length == 0 || !addresses.stream().allMatch(address -> length(address) == length)) {
      return new AddressColumn(NOTHING, 0, addresses.toArray(NOBODY));
    }
    int width = length + 2;
    byte[] packed = new byte[addresses.size() * width];
    for (int i = 0; i < addresses.size(); i++) {
      int port = addresses.get(i).getPort();
      System.arraycopy(addresses.get(i).getAddress().getAddress(), 0, packed, i * width, length);
      packed[i * width + length] = (byte) (port >> 8);
      packed[i * width + length + 1] = (byte) port;
    }
    return new AddressColumn(packed, width, NOBODY);
  }

  /** How many bytes the IP address has; 0: there is more to it than bytes, a name or a scope. */
  private static int length(InetSocketAddress address) {
    InetAddress ip = address.getAddress();
    boolean plain =
        ip != null
            && ip.getHostAddress().equals(address.getHostString())
            && address.getHostString().indexOf('%') < 0;
    return plain ? ip.getAddress().length : 0;
  }

  /** The address at a position. */
  InetSocketAddress get(int position) {
    if (width == 0) {
      return listed[position];
    }
    int end = (position + 1) * width;
    int port = (packed[end - 2] & 255) << 8 | (packed[end - 1] & 255);
    try {
      return new InetSocketAddress(
          InetAddress.getByAddress(Arrays.copyOfRange(packed, end - width, end - 2)), port);
    } catch (UnknownHostException impossible) {
      throw new IllegalStateException("4 or 16 bytes are an address", impossible);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AddressColumn column
        && Arrays.equals(packed, column.packed)
        && width == column.width
        && Arrays.equals(listed, column.listed);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(packed) + Arrays.hashCode(listed);
  }
}
