package io.inmesh.benchmarks.chaos;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The network between callers and one port of a server. It resets each connection somewhere, and
 * holds some back before anything of them arrives, so that a server may be another process when it
 * does. While its server is dead nobody listens, as it would be without it. Thread-safe.
 */
final class Relay implements AutoCloseable {
  /** What befalls connections. */
  static final class Faults {
    /** Connections that were reset while bytes went to the server. */
    final LongAdder inRequests = new LongAdder();

    /** Connections that were reset when the server was about to answer. */
    final LongAdder beforeResponses = new LongAdder();

    /** Connections that were reset within what the server answered. */
    final LongAdder inResponses = new LongAdder();

    /** Connections that were held back. */
    final LongAdder held = new LongAdder();

    private final SplittableRandom random;
    private final int bytes;
    private final int heldPercent;
    private final int holdMillis;

    /**
     * The same seed gives the same sequence of fates.
     *
     * @param bytes a connection carries until it is reset, on average
     */
    Faults(long seed, int bytes, int heldPercent, int holdMillis) {
      this.random = new SplittableRandom(seed);
      this.bytes = bytes;
      this.heldPercent = heldPercent;
      this.holdMillis = holdMillis;
    }

    private synchronized Fate next() {
      Where[] all = Where.values();
      return new Fate(
          all[random.nextInt(all.length)],
          random.nextInt(2 * bytes),
          random.nextInt(100) < heldPercent ? random.nextInt(holdMillis) : 0);
    }
  }

  private enum Where {
    REQUEST,
    BEFORE_RESPONSE,
    RESPONSE
  }

  /**
   * What will become of a connection.
   *
   * @param after so many bytes in that direction it is reset
   */
  private record Fate(Where where, int after, int holdMillis) {}

  private final InetSocketAddress address;
  private final int target;
  private final Faults faults;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile @Nullable ServerSocket listening;

  /** Passes on what comes for an address to the same port of this machine. */
  Relay(InetSocketAddress address, Faults faults) {
    this.address = address;
    this.target = address.getPort();
    this.faults = faults;
  }

  /** The server is there. */
  void open() throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(address, 200);
    listening = socket;
    start(() -> accept(socket));
  }

  /** Whoever connects is refused. */
  void refuse() throws IOException {
    ServerSocket socket = listening;
    if (socket != null) {
      socket.close();
    }
  }

  private void accept(ServerSocket socket) {
    try {
      while (true) {
        Socket caller = socket.accept();
        start(() -> carry(caller, faults.next()));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private void carry(Socket caller, Fate fate) {
    sockets.add(caller);
    try {
      caller.setTcpNoDelay(true);
      byte[] early = fate.holdMillis > 0 ? hold(caller, fate.holdMillis) : new byte[0];
      if (early == null) {
        reset(caller);
        return;
      }
      Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
      sockets.add(server);
      server.setTcpNoDelay(true);
      start(() -> answers(server, caller, fate));
      requests(early, caller, server, fate);
    } catch (IOException e) {
      reset(caller);
    }
  }

  /** Lets a connection wait; what has arrived meanwhile, or null: the caller has given it up. */
  private byte @Nullable [] hold(Socket caller, int millis) throws IOException {
    faults.held.increment();
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
    ByteArrayOutputStream early = new ByteArrayOutputStream();
    byte[] part = new byte[8192];
    caller.setSoTimeout(1);
    try {
      int count;
      while ((count = caller.getInputStream().read(part)) >= 0) {
        early.write(part, 0, count);
      }
      return null;
    } catch (SocketTimeoutException e) {
      caller.setSoTimeout(0);
      return early.toByteArray();
    }
  }

  private void requests(byte[] early, Socket caller, Socket server, Fate fate) {
    int left = fate.where == Where.REQUEST ? fate.after : Integer.MAX_VALUE;
    pass(early, caller, server, left, false, faults.inRequests);
  }

  private void answers(Socket server, Socket caller, Fate fate) {
    boolean whole = fate.where == Where.BEFORE_RESPONSE;
    int left = fate.where == Where.REQUEST ? Integer.MAX_VALUE : fate.after;
    pass(
        new byte[0],
        server,
        caller,
        left,
        whole,
        whole ? faults.beforeResponses : faults.inResponses);
  }

  /**
   * Passes so many bytes on and resets both sides then.
   *
   * @param whole whether nothing is passed of the piece in which the reset falls
   */
  private void pass(
      byte[] early, Socket from, Socket to, int bytes, boolean whole, LongAdder resets) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] part = new byte[8192];
      int left = bytes;
      byte[] piece = early;
      int count = early.length;
      while (count >= 0) {
        if (count >= left) {
          out.write(piece, 0, whole ? 0 : left);
          resets.increment();
          break;
        }
        out.write(piece, 0, count);
        left -= count;
        piece = part;
        count = in.read(part);
      }
    } catch (IOException e) {
      // One side is gone, and so the other goes.
    }
    reset(from);
    reset(to);
  }

  private void reset(Socket socket) {
    sockets.remove(socket);
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is closed already.
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    refuse();
    sockets.forEach(this::reset);
  }
}
