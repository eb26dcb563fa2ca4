package io.inmesh.http.server;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** The Date field (RFC 9110 section 6.6.1), formatted once a second. */
final class HttpDate {
  private record Second(long epoch, String text) {}

  private static volatile Second latest = new Second(-1, "");

  private HttpDate() {}

  static String now() {
    long epoch = System.currentTimeMillis() / 1000;
    Second known = latest;
    if (known.epoch != epoch) {
      known =
          new Second(
              epoch,
              DateTimeFormatter.RFC_1123_DATE_TIME.format(
                  Instant.ofEpochSecond(epoch).atOffset(ZoneOffset.UTC)));
      latest = known;
    }
    return known.text;
  }
}
