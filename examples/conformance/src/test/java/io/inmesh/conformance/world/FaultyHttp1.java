package io.inmesh.conformance.world;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link FaultyServer} of HTTP/1.1. */
final class FaultyHttp1 extends FaultyServer {
  private static final Pattern LENGTH = Pattern.compile("\r\ncontent-length: *([0-9]+)\r\n");

  private final ServerSocket listening;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  FaultyHttp1(Fault fault) throws IOException {
    super(fault);
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "faulty-server");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        sockets.add(socket);
        if (fails(Fault.BEFORE_HEAD)) {
          reset(socket);
        } else {
          start(() -> serve(socket));
        }
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      int first;
      while ((first = in.read()) >= 0) {
        if (fails(Fault.IN_HEAD) || !request(in, first)) {
          reset(socket);
          return;
        }
        execute();
        if (fails(Fault.BEFORE_RESPONSE)) {
          reset(socket);
          return;
        } else if (fails(Fault.SILENCE)) {
          int unused = in.read();
          return;
        } else if (fails(Fault.IN_RESPONSE_HEAD)) {
          say(socket, "HTTP/1.1 20");
          return;
        } else if (fails(Fault.IN_RESPONSE_BODY)) {
          say(socket, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\npart");
          return;
        } else if (fails(Fault.UNAVAILABLE)) {
          say(socket, "HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n");
        } else if (fails(Fault.OVERLOADED)) {
          say(socket, "HTTP/1.1 503 No\r\nx-envoy-overloaded: true\r\ncontent-length: 0\r\n\r\n");
        } else {
          say(socket, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
      }
    } catch (IOException e) {
      // The caller is gone.
    }
  }

  /** Reads a request whose first byte is there; false: it fails within. */
  private boolean request(InputStream in, int first) throws IOException {
    StringBuilder head = new StringBuilder().append((char) first);
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the request ends in its head");
      }
      head.append((char) next);
    }
    if (fails(Fault.IN_BODY)) {
      return false;
    }
    Matcher length = LENGTH.matcher(head.toString().toLowerCase(Locale.ROOT));
    byte[] body = in.readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
    return body != null;
  }

  private static void say(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public int port() {
    return listening.getLocalPort();
  }

  @Override
  public void kill() {
    try {
      listening.close();
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
