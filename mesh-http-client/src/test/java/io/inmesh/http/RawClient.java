package io.inmesh.http;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that says what a test wants it to say, byte by byte. */
final class RawClient implements AutoCloseable {
  final Socket socket;

  RawClient(InetSocketAddress server) throws IOException {
    socket = new Socket(server.getAddress(), server.getPort());
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(15_000);
  }

  /** What a server answers to a text until it closes the connection. */
  static String exchange(InetSocketAddress server, String text) throws IOException {
    try (RawClient client = new RawClient(server)) {
      client.say(text);
      return client.readToEnd();
    }
  }

  void say(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** The next line, without its end. */
  String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    int b;
    while ((b = socket.getInputStream().read()) >= 0 && b != '\n') {
      line.append((char) b);
    }
    return line.toString().stripTrailing();
  }

  /** Up to the end of the stream, which must be an orderly one. */
  String readToEnd() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
