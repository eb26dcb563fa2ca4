package io.inmesh.probe;

import io.inmesh.balance.ProbeAnswer;
import io.inmesh.model.HealthCheck.Probe;
import io.netty.handler.codec.http.HttpMethod;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * {@code grpc.health.v1.Health/Check}, whose two messages are so small that no generated class is
 * needed to write and read them.
 *
 * @see <a href="https://github.com/grpc/grpc/blob/master/doc/health-checking.md">GRPC Health
 *     Checking Protocol</a>
 */
final class GrpcCheck {
  private static final String PATH = "/grpc.health.v1.Health/Check";
  private static final List<String> FIELDS =
      List.of("content-type", "application/grpc", "te", "trailers");
  private static final String STATUS = "grpc-status";
  private static final int OK = 200;
  private static final int FRAME_HEAD = 5;

  /** {@code string service = 1} of the request. */
  private static final int SERVICE = (1 << 3) | 2;

  /** {@code ServingStatus status = 1} of the response. */
  private static final int SERVING_STATUS = 1 << 3;

  private static final byte SERVING = 1;

  private GrpcCheck() {}

  static HttpQuestion question(Probe.Grpc probe, String authority) {
    return new HttpQuestion(
        HttpMethod.POST,
        PATH,
        authority,
        FIELDS,
        framed(request(probe.service())),
        answer -> meaning(probe, answer));
  }

  private static byte[] request(String service) {
    if (service.isEmpty()) {
      return new byte[0];
    }
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream message = new ByteArrayOutputStream(name.length + 4);
    message.write(SERVICE);
    for (int length = name.length; ; length >>>= 7) {
      if (length < 0x80) {
        message.write(length);
        break;
      }
      message.write((length & 0x7f) | 0x80);
    }
    message.writeBytes(name);
    return message.toByteArray();
  }

  private static ByteBuffer framed(byte[] message) {
    return ByteBuffer.allocate(FRAME_HEAD + message.length)
        .put((byte) 0)
        .putInt(message.length)
        .put(message)
        .flip();
  }

  private static ProbeAnswer meaning(Probe.Grpc probe, HttpAnswer answer) {
    String status = answer.trailers().get(STATUS);
    if (status == null) {
      status = answer.headers().get(STATUS);
    }
    if (answer.status() != OK || !"0".equals(status)) {
      return ProbeAnswer.unhealthy(
          PATH + " answers " + answer.status() + ", gRPC status " + status);
    }
    ByteBuffer body = answer.body();
    boolean serving =
        body.remaining() >= FRAME_HEAD + 2
            && body.get(0) == 0
            && body.get(FRAME_HEAD) == SERVING_STATUS
            && body.get(FRAME_HEAD + 1) == SERVING;
    return serving
        ? ProbeAnswer.HEALTHY
        : ProbeAnswer.unhealthy("the server does not serve '" + probe.service() + "'");
  }
}
