package io.inmesh.resilience;

import io.inmesh.call.ResponseHead;
import io.inmesh.model.ResponseClass;
import io.inmesh.model.ResponseClass.Meaning;
import java.util.List;

/** Whether responses are failures, as an operator reads them ({@link ResponseClass}). Immutable. */
public final class SuccessRules {
  /** The usual reading. */
  public static final SuccessRules USUAL = new SuccessRules(List.of());

  /** UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
  private static final int GRPC_FAILURES = 1 << 2 | 1 << 4 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 15;

  private final List<ResponseClass> classes;

  /** The first class that is about a status counts; where none is, the usual reading. */
  public SuccessRules(List<ResponseClass> classes) {
    this.classes = classes;
  }

  /**
   * Whether a response is a failure.
   *
   * @param grpcStatus for gRPC, else {@link ResponseHead#NO_GRPC_STATUS}
   */
  public boolean failed(int status, int grpcStatus) {
    Meaning said = meaning(status, grpcStatus);
    if (said != Meaning.USUAL) {
      return said == Meaning.FAILED;
    }
    return grpcStatus == ResponseHead.NO_GRPC_STATUS
        ? status >= 500
        : grpcStatus > 31 || (GRPC_FAILURES & 1 << grpcStatus) != 0;
  }

  /**
   * What an operator said about a response.
   *
   * @param grpcStatus for gRPC, else {@link ResponseHead#NO_GRPC_STATUS}
   */
  public Meaning meaning(int status, int grpcStatus) {
    for (int i = 0; i < classes.size(); i++) {
      ResponseClass one = classes.get(i);
      if (grpcStatus == ResponseHead.NO_GRPC_STATUS
          ? status >= one.fromStatus() && status <= one.toStatus() && one.fromStatus() > 0
          : one.grpcStatuses().contains(grpcStatus)) {
        return one.meaning();
      }
    }
    return Meaning.USUAL;
  }
}
