package io.inmesh.testing;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/**
 * An HTTP/2 client with prior knowledge that writes frames as a test wants them, also those that no
 * client would send. Confined to a thread.
 */
public final class RawHttp2 implements AutoCloseable {
  /** A type of frames (RFC 9113 section 6), as are the next ones. */
  public static final int DATA = 0;

  public static final int HEADERS = 1;
  public static final int RST_STREAM = 3;
  public static final int SETTINGS = 4;
  public static final int PING = 6;
  public static final int GOAWAY = 7;
  public static final int CONTINUATION = 9;

  /** A flag of frames, as is the next one. */
  public static final int END_STREAM = 1;

  public static final int END_HEADERS = 4;

  /** What {@link #status} gives for a stream that is reset. */
  public static final int RESET = 0;

  /** What {@link #status} gives if the connection ends. */
  public static final int ENDED = -1;

  /**
   * A frame as it was received.
   *
   * @param status of the response, if it is the head of one; else 0
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record Frame(int type, int flags, int stream, byte[] payload, int status) {
    /** The error code of RST_STREAM or GOAWAY. */
    public int code() {
      int at = type == GOAWAY ? 4 : 0;
      return (payload[at + 2] & 0xff) << 8 | (payload[at + 3] & 0xff);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final DataOutputStream out;
  private final DefaultHttp2HeadersDecoder fields = new DefaultHttp2HeadersDecoder(false);

  /** Connects, and sends the preface with no settings. */
  public RawHttp2(InetSocketAddress server) throws IOException {
    socket = new Socket(server.getAddress(), server.getPort());
    socket.setSoTimeout(15_000);
    socket.setTcpNoDelay(true);
    in = new DataInputStream(socket.getInputStream());
    out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
    out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    frame(SETTINGS, 0, 0, new byte[0]);
    flush();
  }

  /** {@code GET http://x/} as an HPACK block: three indexed fields and a literal. */
  public static byte[] getHead() {
    return new byte[] {(byte) 0x82, (byte) 0x84, (byte) 0x86, 0x41, 1, 'x'};
  }

  /** {@code POST http://x/}. */
  public static byte[] postHead() {
    return new byte[] {(byte) 0x83, (byte) 0x84, (byte) 0x86, 0x41, 1, 'x'};
  }

  /** Writes a frame; it goes with the next {@link #flush}. */
  public void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    out.writeByte(payload.length >> 16);
    out.writeShort(payload.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(payload);
  }

  /** Writes a whole request. */
  public void get(int stream) throws IOException {
    head(stream, getHead());
  }

  /** Writes a request without a body, in as many frames as its head needs. */
  public void head(int stream, byte[] block) throws IOException {
    int part = Math.min(16_000, block.length);
    int type = HEADERS;
    int at = 0;
    do {
      int last = at + part == block.length ? END_HEADERS : 0;
      byte[] payload = new byte[part];
      System.arraycopy(block, at, payload, 0, part);
      frame(type, last | (type == HEADERS ? END_STREAM : 0), stream, payload);
      at += part;
      part = Math.min(16_000, block.length - at);
      type = CONTINUATION;
    } while (at < block.length);
  }

  /** Writes that a request is given up: CANCEL. */
  public void reset(int stream) throws IOException {
    frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
  }

  /** Sends what was written. */
  public void flush() throws IOException {
    out.flush();
  }

  /** The next frame. */
  public Frame read() throws IOException {
    int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
    int type = in.readUnsignedByte();
    int flags = in.readUnsignedByte();
    int stream = in.readInt();
    byte[] payload = new byte[length];
    in.readFully(payload);
    return new Frame(type, flags, stream, payload, type == HEADERS ? decode(stream, payload) : 0);
  }

  /** Of every head, as they share a table. */
  private int decode(int stream, byte[] block) throws IOException {
    try {
      CharSequence status = fields.decodeHeaders(stream, Unpooled.wrappedBuffer(block)).status();
      return status == null ? 0 : Integer.parseInt(status.toString());
    } catch (Http2Exception e) {
      throw new IOException(e);
    }
  }

  /** Reads to the frame of a type, acknowledging what wants to be. */
  public Frame readTo(int type) throws IOException {
    while (true) {
      Frame frame = read();
      if (frame.type() == type) {
        return frame;
      }
      acknowledge(frame);
    }
  }

  private void acknowledge(Frame frame) throws IOException {
    if (frame.flags() == 0 && (frame.type() == PING || frame.type() == SETTINGS)) {
      frame(frame.type(), 1, 0, frame.type() == PING ? frame.payload() : new byte[0]);
      flush();
    }
  }

  /** What a stream is answered with: an HTTP status, {@link #RESET} or {@link #ENDED}. */
  public int status(int stream) {
    try {
      flush();
      while (true) {
        Frame frame = read();
        if (frame.stream() == stream && frame.status() != 0) {
          return frame.status();
        }
        if (frame.stream() == stream && frame.type() == RST_STREAM) {
          return RESET;
        }
        if (frame.type() == GOAWAY && frame.code() != 0) {
          return ENDED;
        }
        acknowledge(frame);
      }
    } catch (EOFException | SocketException closed) {
      return ENDED;
    } catch (IOException late) {
      throw new AssertionError(late);
    }
  }

  /** The error code with which the server ends the connection; -1: without a word. */
  public int goAwayCode() {
    try {
      int code = readTo(GOAWAY).code();
      while (in.read() >= 0) {
        // to the end
      }
      return code;
    } catch (EOFException | SocketException closed) {
      return -1;
    } catch (IOException late) {
      throw new AssertionError(late);
    }
  }

  /**
   * Begins requests and gives each up at once, a hundred thousand of them or until it is cut off.
   *
   * @param head of the n-th request
   * @return how the server ends it, as {@link #goAwayCode} says
   */
  public int rapidResets(IntFunction<byte[]> head) {
    try {
      for (int i = 0; i < 100_000; i++) {
        head(2 * i + 1, head.apply(i));
        reset(2 * i + 1);
      }
      flush();
    } catch (IOException cutOff) {
      // said by what is read
    }
    return goAwayCode();
  }

  /**
   * Begins a request whose head goes on for twenty thousand frames, or until it is cut off.
   *
   * @param part what each frame after the first holds
   * @return how the server ends it, as {@link #goAwayCode} says
   */
  public int endlessContinuation(byte[] head, byte[] part) {
    try {
      frame(HEADERS, END_STREAM, 1, head);
      for (int i = 0; i < 20_000; i++) {
        frame(CONTINUATION, 0, 1, part);
      }
      flush();
    } catch (IOException cutOff) {
      // said by what is read
    }
    return goAwayCode();
  }

  /** Literal fields without indexing, behind the beginning of a block. */
  public static byte[] fields(byte[] pseudo, int count, String name, String value) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(pseudo);
    for (int i = 0; i < count; i++) {
      literal(block, 0, name, value);
    }
    return block.toByteArray();
  }

  /** A block of literal fields: name, value, name, value, … */
  public static byte[] block(String... fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      literal(block, 0, fields[i], fields[i + 1]);
    }
    return block.toByteArray();
  }

  /** A field that is put into the table, and then mentioned many times: a byte for each. */
  public static byte[] bomb(byte[] pseudo, String name, String value, int times) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.writeBytes(pseudo);
    literal(block, 0x40, name, value);
    for (int i = 0; i < times; i++) {
      block.write(0x80 | 62); // the newest of the dynamic table: RFC 7541 section 2.3.3
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, int kind, String name, String value) {
    block.write(kind);
    string(block, name);
    string(block, value);
  }

  private static void string(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    int length = bytes.length;
    if (length < 127) {
      block.write(length);
    } else {
      block.write(127);
      for (length -= 127; length >= 128; length >>>= 7) {
        block.write((length & 0x7f) | 0x80);
      }
      block.write(length);
    }
    block.writeBytes(bytes);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
