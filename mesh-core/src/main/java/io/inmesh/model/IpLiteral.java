package io.inmesh.model;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/** IP addresses as text; nothing is ever looked up. */
public final class IpLiteral {
  private static final int MAX_LENGTH = 45;

  private IpLiteral() {}

  /** The address; null if the text is none. */
  public static @Nullable InetAddress parse(String text) {
    boolean six = text.indexOf(':') >= 0;
    if (text.isEmpty() || text.length() > MAX_LENGTH || (!six && dots(text) != 3)) {
      return null;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      boolean letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':';
      if (!digit && c != '.' && !(six && letter)) {
        return null;
      }
    }
    try {
      // What consists of these characters is never taken for a name.
      return InetAddress.getByName(text);
    } catch (UnknownHostException e) {
      return null;
    }
  }

  private static int dots(String text) {
    int dots = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == '.') {
        dots++;
      }
    }
    return dots;
  }
}
