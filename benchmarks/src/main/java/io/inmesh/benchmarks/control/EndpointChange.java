package io.inmesh.benchmarks.control;

import com.google.protobuf.ByteString;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One endpoint that comes or goes, on its way to the clients that watch its service. Thread-safe;
 * each client looks from one thread at a time.
 */
final class EndpointChange {
  private final ByteString address;
  private final boolean present;
  private final boolean[] seen;
  private final CountDownLatch left;
  private final AtomicInteger lacking = new AtomicInteger();
  private final long start = System.nanoTime();
  private volatile long end;

  /**
   * A change that happens now.
   *
   * @param address of the endpoint
   * @param present whether it comes
   * @param watching clients that are to hear of it, of so many
   */
  EndpointChange(String address, boolean present, int watching, int clients) {
    // With the length before it, as it is on the wire: no address is the beginning of another.
    this.address = ByteString.copyFromUtf8((char) address.length() + address);
    this.present = present;
    this.seen = new boolean[clients];
    this.left = new CountDownLatch(watching);
  }

  /** A client has these endpoints of the service now. */
  void look(int client, ByteString endpoints) {
    boolean there = contains(endpoints, address);
    if (there != present) {
      lacking.incrementAndGet();
    } else {
      has(client);
    }
  }

  /** A client has the change, without having been sent anything. */
  void has(int client) {
    if (!seen[client]) {
      seen[client] = true;
      end = System.nanoTime();
      left.countDown();
    }
  }

  /** How often a client was told a state without the change. */
  int lacking() {
    return lacking.get();
  }

  /** Whether all have heard of it by a moment of {@link System#nanoTime}. */
  boolean await(long until) throws InterruptedException {
    return left.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  /** From the change to the last client that heard of it. */
  double millis() {
    return left.getCount() == 0 ? (end - start) / 1e6 : Double.POSITIVE_INFINITY;
  }

  private static boolean contains(ByteString text, ByteString part) {
    int last = text.size() - part.size();
    for (int i = 0; i <= last; i++) {
      int same = 0;
      while (same < part.size() && text.byteAt(i + same) == part.byteAt(same)) {
        same++;
      }
      if (same == part.size()) {
        return true;
      }
    }
    return false;
  }
}
