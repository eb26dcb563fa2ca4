package io.inmesh.grpc;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import java.util.function.Consumer;

/**
 * What a server says of one of its services by {@code grpc.health.v1.Health/Watch}. A server that
 * does not know the method counts as healthy.
 *
 * @param service full name; empty: the server as a whole
 * @param told OK: it serves; else why it is not to be used
 * @see <a
 *     href="https://github.com/grpc/proposal/blob/master/A17-client-side-health-checking.md">gRFC
 *     A17</a>
 */
record HealthReader(String service, Consumer<Status> told)
    implements ConnectionWatch.Reader<HealthCheckResponse> {
  static HealthCheckRequest request(String service) {
    return HealthCheckRequest.newBuilder().setService(service).build();
  }

  @Override
  public void news(HealthCheckResponse response) {
    told.accept(
        response.getStatus() == ServingStatus.SERVING
            ? Status.OK
            : Status.UNAVAILABLE.withDescription(
                "the server says of '" + service + "': " + response.getStatus()));
  }

  @Override
  public boolean ended(Status status) {
    boolean unknown = status.getCode() == Status.Code.UNIMPLEMENTED;
    told.accept(
        unknown
            ? Status.OK
            : Status.UNAVAILABLE.withDescription(
                "the health watch of '" + service + "' ended: " + status));
    return !unknown;
  }
}
