package io.inmesh.route;

import io.inmesh.model.IpLiteral;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What a sticky session's cookie or header says, in the forms that Envoys and gRPC use: Base64 of a
 * message with the address as field 1 and the second at which it expires as field 2, or Base64 of
 * {@code address:port} alone, which gRPC follows by a semicolon and the cluster. Field 3, ours, is
 * the second at which the session ends, however much it is used. Anybody can make one up.
 *
 * @param address of the endpoint; unresolved if it is a name
 * @param expires seconds since the epoch; 0: never
 * @param ends seconds since the epoch; 0: never
 */
public record SessionToken(InetSocketAddress address, long expires, long ends) {
  private static final int MAX_LENGTH = 512;
  private static final int ADDRESS = 1 << 3 | 2;
  private static final int EXPIRES = 2 << 3;
  private static final int ENDS = 3 << 3;

  /** Envoys count from the start of their machine, which no clock of ours can be held against. */
  private static final long FIRST_DATE = 1_000_000_000L;

  /** Reads one; null if it is none. */
  public static @Nullable SessionToken parse(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH) {
      return null;
    }
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      return null;
    }
    return bytes.length > 0 && bytes[0] == ADDRESS ? message(bytes) : plain(bytes);
  }

  private static @Nullable SessionToken plain(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    int cluster = text.indexOf(';');
    InetSocketAddress address = address(cluster < 0 ? text : text.substring(0, cluster));
    return address == null ? null : new SessionToken(address, 0, 0);
  }

  private static @Nullable SessionToken message(byte[] bytes) {
    InetSocketAddress address = null;
    long expires = 0;
    long ends = 0;
    Fields fields = new Fields(bytes);
    while (fields.more()) {
      switch ((int) fields.number()) {
        case ADDRESS -> address = address(fields.text());
        case EXPIRES -> expires = fields.number();
        case ENDS -> ends = fields.number();
        default -> {
          return null;
        }
      }
    }
    return address == null ? null : new SessionToken(address, date(expires), date(ends));
  }

  private static long date(long seconds) {
    return seconds < FIRST_DATE ? 0 : seconds;
  }

  /** An address and port; names are not looked up. Null if the text is none. */
  private static @Nullable InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0 || text.length() - colon > 6) {
      return null;
    }
    int port = 0;
    for (int i = colon + 1; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return null;
      }
      port = port * 10 + digit;
    }
    if (port < 1 || port > 65_535) {
      return null;
    }
    boolean brackets = text.charAt(0) == '[' && text.charAt(colon - 1) == ']';
    String host = brackets ? text.substring(1, colon - 1) : text.substring(0, colon);
    boolean six = host.indexOf(':') >= 0;
    if (six != brackets || host.indexOf('[') >= 0) {
      return null;
    }
    InetAddress ip = IpLiteral.parse(host);
    if (ip != null) {
      return new InetSocketAddress(ip, port);
    }
    return six ? null : InetSocketAddress.createUnresolved(host, port);
  }

  /** The message. */
  public String message() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64);
    byte[] text = addressText().getBytes(StandardCharsets.UTF_8);
    bytes.write(ADDRESS);
    number(text.length, bytes);
    bytes.write(text, 0, text.length);
    if (expires != 0) {
      bytes.write(EXPIRES);
      number(expires, bytes);
    }
    if (ends != 0) {
      bytes.write(ENDS);
      number(ends, bytes);
    }
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  /** The address alone. */
  public String plain() {
    return Base64.getEncoder().encodeToString(addressText().getBytes(StandardCharsets.UTF_8));
  }

  private String addressText() {
    InetAddress ip = address.getAddress();
    String host =
        ip == null
            ? address.getHostString()
            : ip.getAddress().length == 4 ? ip.getHostAddress() : "[" + six(ip.getAddress()) + "]";
    return host + ":" + address.getPort();
  }

  /** As RFC 5952 writes it, and so Envoy: the longest run of zeros is left out. */
  private static String six(byte[] ip) {
    int from = -1;
    int length = 1;
    for (int i = 0; i < 8; i++) {
      int end = i;
      while (end < 8 && group(ip, end) == 0) {
        end++;
      }
      if (end - i > length) {
        from = i;
        length = end - i;
      }
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < 8; i++) {
      if (i == from) {
        text.append("::");
        i += length - 1;
      } else {
        if (i > 0 && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(group(ip, i)));
      }
    }
    return text.toString();
  }

  private static int group(byte[] ip, int index) {
    return ((ip[2 * index] & 0xFF) << 8) | (ip[2 * index + 1] & 0xFF);
  }

  private static void number(long value, ByteArrayOutputStream to) {
    long rest = value;
    while (rest > 0x7F) {
      to.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    to.write((int) rest);
  }

  /** Reads a protobuf message of numbers and texts; what is cut off is empty or zero. */
  private static final class Fields {
    private final byte[] bytes;
    private int at;

    Fields(byte[] bytes) {
      this.bytes = bytes;
    }

    boolean more() {
      return at < bytes.length;
    }

    long number() {
      long value = 0;
      for (int shift = 0; at < bytes.length && shift < 63; shift += 7) {
        byte next = bytes[at++];
        value |= (next & 0x7FL) << shift;
        if (next >= 0) {
          return value;
        }
      }
      return 0;
    }

    String text() {
      int length = (int) Math.min(number(), bytes.length - at);
      String text = new String(bytes, at, length, StandardCharsets.UTF_8);
      at += length;
      return text;
    }
  }
}
