package io.inmesh.conformance.world;

import com.google.common.net.InetAddresses;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Somebody on the network between two processes, who passes bytes on and remembers them.
 * Thread-safe.
 */
public final class Relay implements AutoCloseable {
  /** This machine, too, but not where servers listen. */
  public static final InetAddress ADDRESS = InetAddresses.forString("127.0.0.2");

  /** One connection, as it was on the wire. */
  public static final class Recording {
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();
    private final ByteArrayOutputStream answered = new ByteArrayOutputStream();

    private Recording() {}

    /** Whether it begins with a TLS record that holds a client_hello: RFC 8446, 4 and 5.1. */
    public boolean beginsWithClientHello() {
      byte[] bytes = sent();
      return bytes.length > 5 && bytes[0] == 22 && bytes[1] == 3 && bytes[5] == 1;
    }

    /** Whether somebody said this so that anybody can read it. */
    public boolean shows(String text) {
      return (sent.toString(StandardCharsets.ISO_8859_1)
              + answered.toString(StandardCharsets.ISO_8859_1))
          .contains(text);
    }

    /** From the caller to the server. */
    public byte[] sent() {
      return sent.toByteArray();
    }

    /** From the server to the caller. */
    public byte[] answered() {
      return answered.toByteArray();
    }
  }

  private final ServerSocket listening;
  private final List<Recording> recordings = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** Passes on what comes for a port at {@link #ADDRESS}, to that port of this machine. */
  public Relay(int port) throws IOException {
    listening = new ServerSocket(port, 50, ADDRESS);
    start("relay", () -> accept(port));
  }

  /** Every connection, oldest first. */
  public List<Recording> recordings() {
    return List.copyOf(recordings);
  }

  private void accept(int port) {
    try {
      while (true) {
        Socket caller = listening.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
        sockets.add(caller);
        sockets.add(server);
        Recording recording = new Recording();
        recordings.add(recording);
        start("relay-sent", () -> pass(caller, server, recording.sent));
        start("relay-answered", () -> pass(server, caller, recording.answered));
      }
    } catch (IOException e) {
      // It is closed, or the server is gone.
    }
  }

  private static void pass(Socket from, Socket to, ByteArrayOutputStream record) {
    byte[] bytes = new byte[8192];
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int count;
      while ((count = in.read(bytes)) >= 0) {
        record.write(bytes, 0, count);
        out.write(bytes, 0, count);
        out.flush();
      }
    } catch (IOException e) {
      // One side is gone; the other one finds out.
    }
  }

  private static void start(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
