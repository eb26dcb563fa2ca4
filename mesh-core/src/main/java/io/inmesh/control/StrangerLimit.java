package io.inmesh.control;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * How many connections of nobody in particular one address may hold at a server: those that have
 * not shown a certificate, or not yet. So whoever opens connections only to keep them takes none
 * from others, and how many an authenticated peer needs is its own business. An IPv6 network of 64
 * bits counts as one address. Thread-safe.
 */
public final class StrangerLimit {
  /** For servers of applications, whose callers in plaintext may all come through one gateway. */
  public static final int USUAL = 4096;

  private final int each;
  private final ConcurrentHashMap<InetAddress, Integer> open = new ConcurrentHashMap<>();

  /**
   * Nobody is there.
   *
   * @param each so many connections of one address at a time
   */
  public StrangerLimit(int each) {
    this.each = each;
  }

  /**
   * A connection was accepted.
   *
   * @param peer where it comes from; what is no IP address is not counted
   * @return its place; null: there is none, and it is to be closed
   */
  public @Nullable Place enter(@Nullable SocketAddress peer) {
    InetAddress address = peer instanceof InetSocketAddress inet ? inet.getAddress() : null;
    if (address == null) {
      return new Place(null);
    }
    InetAddress network = network(address);
    if (open.merge(network, 1, Integer::sum) > each) {
      leave(network);
      return null;
    }
    return new Place(network);
  }

  private static InetAddress network(InetAddress address) {
    if (!(address instanceof Inet6Address)) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, 8, 16, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e); // there are no addresses of another length
    }
  }

  private void leave(InetAddress network) {
    open.computeIfPresent(network, (known, count) -> count == 1 ? null : count - 1);
  }

  /** What one connection takes up. */
  public final class Place {
    private final @Nullable InetAddress network;
    private final AtomicBoolean left = new AtomicBoolean();

    private Place(@Nullable InetAddress network) {
      this.network = network;
    }

    /** The connection has ended, or is not a stranger's any more. Idempotent. */
    public void leave() {
      if (network != null && left.compareAndSet(false, true)) {
        StrangerLimit.this.leave(network);
      }
    }
  }
}
