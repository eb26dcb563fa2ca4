package io.inmesh.call;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * A server's load as it reports it to its clients, in ORCA's forms: the protobuf {@code
 * xds.data.orca.v3.OrcaLoadReport} (gRPC trailers, out-of-band reports) and the text form (HTTP
 * headers). Rates and shares that are not reported are 0. Immutable.
 *
 * @param cpu share of the processors in use, 1 is all
 * @param application the application's own idea of how full it is, 1 is full; 0: it has none
 * @param requestsPerSecond handled, of all clients
 * @param errorsPerSecond of these
 * @see <a href="https://github.com/grpc/proposal/blob/master/A51-custom-backend-metrics.md">gRFC
 *     A51</a>
 */
public record LoadReport(
    double cpu, double application, double requestsPerSecond, double errorsPerSecond) {
  /** Nothing is reported. */
  public static final LoadReport NONE = new LoadReport(0, 0, 0, 0);

  // Field numbers of OrcaLoadReport.
  private static final int CPU = 1;
  private static final int REQUESTS = 6;
  private static final int ERRORS = 7;
  private static final int APPLICATION = 9;

  private static final int FIELD_BYTES = 9;
  private static final String TEXT = "TEXT ";
  private static final String BINARY = "BIN ";

  /** What balancers weigh: the application's utilisation, or else the processors'. */
  public double utilization() {
    return application > 0 ? application : cpu;
  }

  /** In a response head, or in gRPC's trailers; null: none, or none that can be read. */
  public static @Nullable LoadReport in(Headers headers) {
    String binary = headers.get(MeshHeaders.LOAD_METRICS_BIN);
    if (binary != null) {
      return base64(binary);
    }
    String text = headers.get(MeshHeaders.LOAD_METRICS);
    if (text == null) {
      return null;
    }
    return text.startsWith(BINARY)
        ? base64(text.substring(BINARY.length()))
        : text.startsWith(TEXT) ? text(text.substring(TEXT.length())) : null;
  }

  private static @Nullable LoadReport base64(String text) {
    try {
      return parse(Base64.getDecoder().decode(text.strip()));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** Reads the protobuf form; null if it is none. Unknown fields are skipped. */
  public static @Nullable LoadReport parse(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    double[] found = new double[APPLICATION + 1];
    try {
      while (in.hasRemaining()) {
        long tag = varint(in);
        int field = (int) (tag >>> 3);
        switch ((int) (tag & 7)) {
          case 0 -> varint(in);
          case 1 -> {
            double value = in.getDouble();
            if (field >= 0 && field < found.length) {
              found[field] = value;
            }
          }
          case 2 -> {
            int length = Math.toIntExact(varint(in));
            in.position(Math.addExact(in.position(), length));
          }
          case 5 -> in.getInt();
          default -> {
            return null;
          }
        }
      }
    } catch (RuntimeException e) { // it ends in the middle of something
      return null;
    }
    return new LoadReport(
        share(found[CPU]), share(found[APPLICATION]), share(found[REQUESTS]), share(found[ERRORS]));
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("a number of more than 64 bits");
  }

  /** {@code cpu_utilization=0.3, rps_fractional=100}; what is not known is skipped. */
  private static LoadReport text(String text) {
    double cpu = 0;
    double application = 0;
    double requests = 0;
    double errors = 0;
    for (String pair : text.split(",", 64)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        double value = number(pair.substring(equals + 1));
        switch (pair.substring(0, equals).strip()) {
          case "cpu_utilization" -> cpu = value;
          case "application_utilization" -> application = value;
          case "rps_fractional", "rps" -> requests = value;
          case "eps" -> errors = value;
          default -> {}
        }
      }
    }
    return new LoadReport(cpu, application, requests, errors);
  }

  private static double number(String text) {
    try {
      return share(Double.parseDouble(text.strip()));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  /** A peer may send anything. */
  private static double share(double value) {
    return value > 0 && value < Double.POSITIVE_INFINITY ? value : 0;
  }

  /** The protobuf form. */
  public byte[] bytes() {
    ByteBuffer out = ByteBuffer.allocate(4 * FIELD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    put(out, CPU, cpu);
    put(out, REQUESTS, requestsPerSecond);
    put(out, ERRORS, errorsPerSecond);
    put(out, APPLICATION, application);
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return bytes;
  }

  private static void put(ByteBuffer out, int field, double value) {
    if (value != 0) {
      out.put((byte) (field << 3 | 1)).putDouble(value);
    }
  }

  /** The text form, for HTTP headers. */
  public String header() {
    return TEXT
        + "cpu_utilization="
        + cpu
        + ",application_utilization="
        + application
        + ",rps_fractional="
        + requestsPerSecond
        + ",eps="
        + errorsPerSecond;
  }
}
