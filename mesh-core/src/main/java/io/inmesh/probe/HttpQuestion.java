package io.inmesh.probe;

import io.inmesh.balance.ProbeAnswer;
import io.inmesh.model.HealthCheck.Probe;
import io.inmesh.model.StatusRange;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Function;

/**
 * A request, and what its responses mean.
 *
 * @param method a token
 * @param path with query
 * @param authority of the request
 * @param fields names and values in turn
 * @param body may be empty
 * @param meaning of a response
 */
record HttpQuestion(
    HttpMethod method,
    String path,
    String authority,
    List<String> fields,
    ByteBuffer body,
    Function<HttpAnswer, ProbeAnswer> meaning) {
  /** Who asks. */
  static final String USER_AGENT = "inmesh-health-check";

  private static final String DEGRADED = "x-envoy-degraded";

  static HttpQuestion get(Probe.Http probe, String authority) {
    return new HttpQuestion(
        HttpMethod.GET,
        probe.path(),
        authority,
        List.of(),
        ByteBuffer.allocate(0),
        answer -> meaning(probe, answer));
  }

  private static ProbeAnswer meaning(Probe.Http probe, HttpAnswer answer) {
    if (contains(probe.expected(), answer.status())) {
      return answer.headers().contains(DEGRADED) ? ProbeAnswer.DEGRADED : ProbeAnswer.HEALTHY;
    }
    String detail = probe.path() + " answers " + answer.status();
    return contains(probe.retriable(), answer.status())
        ? ProbeAnswer.failed(detail)
        : ProbeAnswer.unhealthy(detail);
  }

  private static boolean contains(List<StatusRange> ranges, int status) {
    return ranges.stream().anyMatch(range -> range.contains(status));
  }

  /** A new request, for a codec that speaks HTTP/1.1 or translates to HTTP/2. */
  FullHttpRequest request() {
    ByteBuf content = Unpooled.wrappedBuffer(body.duplicate());
    FullHttpRequest request =
        new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, method, path, content);
    HttpHeaders headers = request.headers();
    headers.set(HttpHeaderNames.HOST, authority);
    headers.set(HttpHeaderNames.USER_AGENT, USER_AGENT);
    for (int i = 0; i < fields.size(); i += 2) {
      headers.set(fields.get(i), fields.get(i + 1));
    }
    return request;
  }
}
