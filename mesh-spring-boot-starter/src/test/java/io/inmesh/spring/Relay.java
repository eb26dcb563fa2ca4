package io.inmesh.spring;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** The network between callers and a container, which can break. Thread-safe. */
final class Relay implements AutoCloseable {
  /** This machine, too, but not where containers listen. */
  static final String ADDRESS = "127.0.0.2";

  private final ServerSocket listening;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** Passes on what comes for a port at {@link #ADDRESS}, to that port of this machine. */
  Relay(int port) throws IOException {
    listening = new ServerSocket(port, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 2}));
    start(() -> accept(port));
  }

  private void accept(int port) {
    try {
      while (true) {
        Socket caller = listening.accept();
        Socket container = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(caller);
        sockets.add(container);
        start(() -> pass(caller, container));
        start(() -> pass(container, caller));
      }
    } catch (IOException closed) {
      // Over.
    }
  }

  private static void pass(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException gone) {
      // The other side finds out.
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  /** Breaks what is connected; new connections are passed on. */
  void cut() {
    for (Socket socket : sockets) {
      try (socket) {
        socket.setSoLinger(true, 0);
      } catch (IOException closed) {
        // By one of its sides.
      }
    }
    sockets.clear();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    cut();
  }
}
