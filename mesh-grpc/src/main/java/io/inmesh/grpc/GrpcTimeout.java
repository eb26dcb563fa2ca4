package io.inmesh.grpc;

import io.grpc.Metadata;

/** The {@code grpc-timeout} field: at most eight digits and a unit, as gRPC over HTTP/2 has it. */
final class GrpcTimeout {
  private static final Metadata.Key<String> KEY =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  private static final long LIMIT = 100_000_000;

  private GrpcTimeout() {}

  /** Replaces the field; a time that has run out becomes the shortest there is. */
  static void write(Metadata headers, long nanos) {
    headers.discardAll(KEY);
    headers.put(KEY, text(Math.max(1, nanos)));
  }

  static String text(long nanos) {
    if (nanos < LIMIT) {
      return nanos + "n";
    }
    long micros = nanos / 1_000;
    if (micros < LIMIT) {
      return micros + "u";
    }
    long millis = micros / 1_000;
    if (millis < LIMIT) {
      return millis + "m";
    }
    long seconds = millis / 1_000;
    return seconds < LIMIT ? seconds + "S" : seconds / 3_600 + "H";
  }
}
