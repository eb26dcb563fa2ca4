package io.inmesh.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.inmesh.MeshException;
import io.inmesh.MeshException.Reason;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tables of docs/grpc.md. */
class GrpcStatusesTest {
  private static final Map<Reason, Code> OTHERS_THAN_UNAVAILABLE =
      Map.of(
          Reason.TIMEOUT, Code.DEADLINE_EXCEEDED,
          Reason.DEADLINE_EXCEEDED, Code.DEADLINE_EXCEEDED,
          Reason.RATE_LIMITED, Code.RESOURCE_EXHAUSTED,
          Reason.DENIED, Code.PERMISSION_DENIED,
          Reason.EGRESS_DENIED, Code.PERMISSION_DENIED,
          Reason.CANCELLED, Code.CANCELLED,
          Reason.PROTOCOL_ERROR, Code.INTERNAL);

  @Test
  void reasons_haveTheirCodes_allOthersAreUnavailable() {
    for (Reason reason : EnumSet.allOf(Reason.class)) {
      MeshException failure = new MeshException(reason, "as said");
      Status status = GrpcStatuses.of(failure);
      assertThat(status.getCode())
          .as(reason.name())
          .isEqualTo(OTHERS_THAN_UNAVAILABLE.getOrDefault(reason, Code.UNAVAILABLE));
      assertThat(status.getDescription()).isEqualTo("as said");
      assertThat(status.getCause()).isSameAs(failure);
    }
  }

  @Test
  void reply_becomesStatusAndTrailers() {
    LocalReply reply =
        new LocalReply(403, 7, List.of(Map.entry("x-rule", "r1")), "no", Reason.DENIED);
    Status status = GrpcStatuses.of(reply);
    assertThat(status.getCode()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).isEqualTo("no");
    assertThat(status.getCause())
        .isInstanceOfSatisfying(
            MeshException.class, e -> assertThat(e.reason()).isEqualTo(Reason.DENIED));
    Metadata trailers = GrpcStatuses.trailers(reply);
    assertThat(new MetadataHeaders(trailers).get("x-rule")).isEqualTo("r1");
  }

  @ParameterizedTest
  @CsvSource({
    "UNAVAILABLE, false, something new, RESET_BEFORE_REQUEST",
    "UNAVAILABLE, true, something new, CONNECTION_LOST",
    "UNAVAILABLE, true, RST_STREAM closed stream. HTTP/2 error code: REFUSED_STREAM, REFUSED",
    "CANCELLED, true, RST_STREAM closed stream. HTTP/2 error code: CANCEL, RESET",
    "INTERNAL, true, RST_STREAM closed stream. HTTP/2 error code: PROTOCOL_ERROR, PROTOCOL",
    "UNAVAILABLE, false, 'Abrupt GOAWAY closed sent stream. HTTP/2 error code: NO_ERROR', REFUSED",
    "INTERNAL, true, 'Abrupt GOAWAY closed sent stream. code: INTERNAL_ERROR', CONNECTION_LOST",
    "RESOURCE_EXHAUSTED, true, Connection closed after GOAWAY. code: ENHANCE, CONNECTION_LOST",
    "RESOURCE_EXHAUSTED, true, gRPC message exceeds maximum size 4194304: 5000000, ",
    "UNAUTHENTICATED, false, no token, ",
  })
  void texts_ofGrpc_areReadCautiously(
      Code code, boolean sent, String text, @Nullable Failure expected) {
    Failure read = GrpcStatuses.classify(code.toStatus().withDescription(text), sent);
    assertThat(read).isEqualTo(expected);
  }
}
