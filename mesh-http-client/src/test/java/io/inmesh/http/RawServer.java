package io.inmesh.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that says what a test wants it to say, byte by byte. */
final class RawServer implements AutoCloseable {
  /** What happens on one connection; it is closed afterwards. */
  interface Script {
    void run(Socket socket, int number) throws IOException;
  }

  private final ServerSocket listening;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  final AtomicInteger accepted = new AtomicInteger();

  RawServer(Script script) throws IOException {
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread thread =
        new Thread(
            () -> {
              while (!listening.isClosed()) {
                try {
                  Socket socket = listening.accept();
                  sockets.add(socket);
                  int number = accepted.incrementAndGet();
                  Thread each = new Thread(() -> play(script, socket, number), "raw-connection");
                  each.setDaemon(true);
                  each.start();
                } catch (IOException closed) {
                  return;
                }
              }
            },
            "raw-server");
    thread.setDaemon(true);
    thread.start();
  }

  private static void play(Script script, Socket socket, int number) {
    try (socket) {
      script.run(socket, number);
    } catch (IOException gone) {
      // the other side had enough
    }
  }

  int port() {
    return listening.getLocalPort();
  }

  /** Reads up to the empty line that ends a head; the empty string at the end of the stream. */
  static String readHead(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    int b;
    while ((b = in.read()) >= 0) {
      head.append((char) b);
      if (head.length() >= 4 && head.substring(head.length() - 4).equals("\r\n\r\n")) {
        return head.toString();
      }
    }
    return "";
  }

  static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
