package io.inmesh.call.engine;

import io.inmesh.call.Headers;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** How long a response asks its caller to stay away. */
final class RetryAfter {
  /** However much it asks for, as in Linkerd. */
  private static final long MAX_NANOS = TimeUnit.SECONDS.toNanos(300);

  private static final int MAX_DIGITS = 9;

  private RetryAfter() {}

  /** By {@code retry-after} in seconds or {@code grpc-retry-pushback-ms}; else the default. */
  static long nanos(@Nullable Headers headers, long unsaid) {
    if (headers == null) {
      return unsaid;
    }
    long seconds = number(headers.get("retry-after"));
    if (seconds >= 0) {
      return Math.min(MAX_NANOS, TimeUnit.SECONDS.toNanos(seconds));
    }
    long millis = number(headers.get("grpc-retry-pushback-ms"));
    return millis >= 0 ? Math.min(MAX_NANOS, TimeUnit.MILLISECONDS.toNanos(millis)) : unsaid;
  }

  /** A number without sign; negative: it is none. */
  private static long number(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > MAX_DIGITS) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
