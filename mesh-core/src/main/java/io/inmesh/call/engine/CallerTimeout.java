package io.inmesh.call.engine;

import io.inmesh.call.MeshHeaders;
import io.inmesh.call.RequestHead;

/** How long the caller of an inbound request still waits, as it says. */
final class CallerTimeout {
  private CallerTimeout() {}

  /**
   * Nanoseconds; {@link Long#MAX_VALUE}: it does not say (or not in a form that is understood);
   * zero or less: it has given up already.
   *
   * @param trusted whether the caller is a mesh peer, whose own fields count
   */
  static long nanos(RequestHead head, boolean trusted) {
    if (head.kind() == RequestHead.Kind.GRPC) {
      String timeout = head.headers().get(MeshHeaders.GRPC_TIMEOUT);
      return timeout == null ? Long.MAX_VALUE : grpc(timeout);
    }
    String timeout = trusted ? head.headers().get(MeshHeaders.TIMEOUT_MS) : null;
    return timeout == null ? Long.MAX_VALUE : scaled(timeout, timeout.length(), 1_000_000L);
  }

  /** gRPC's form: at most eight digits and a unit. */
  static long grpc(String timeout) {
    int digits = timeout.length() - 1;
    if (digits < 1 || digits > 8) {
      return Long.MAX_VALUE;
    }
    long unit =
        switch (timeout.charAt(digits)) {
          case 'H' -> 3_600_000_000_000L;
          case 'M' -> 60_000_000_000L;
          case 'S' -> 1_000_000_000L;
          case 'm' -> 1_000_000L;
          case 'u' -> 1_000L;
          case 'n' -> 1L;
          default -> 0L;
        };
    return unit == 0 ? Long.MAX_VALUE : scaled(timeout, digits, unit);
  }

  private static long scaled(String text, int end, long unit) {
    int at = 0;
    boolean negative = end > 0 && text.charAt(0) == '-';
    if (negative) {
      at = 1;
    }
    if (at == end || end - at > 12) {
      return Long.MAX_VALUE;
    }
    long value = 0;
    for (; at < end; at++) {
      int digit = text.charAt(at) - '0';
      if (digit < 0 || digit > 9) {
        return Long.MAX_VALUE;
      }
      value = value * 10 + digit;
    }
    if (negative) {
      return -value;
    }
    return value > Long.MAX_VALUE / 4 / unit ? Long.MAX_VALUE : value * unit;
  }
}
