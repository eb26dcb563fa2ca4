package io.inmesh.wire;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.TimeUnit;

/** When a server that is too busy wants to be asked again: {@code google.rpc.RetryInfo}. */
final class RetryHint {
  private static final long LONGEST_SECONDS = 60;

  private RetryHint() {}

  /** Not before so many nanoseconds, at most a minute; 0: the server does not say. */
  static long nanos(Throwable failure) {
    Status status = StatusProto.fromThrowable(failure);
    if (status == null) {
      return 0;
    }
    for (Any detail : status.getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        try {
          long seconds = detail.unpack(RetryInfo.class).getRetryDelay().getSeconds();
          return TimeUnit.SECONDS.toNanos(Math.max(0, Math.min(LONGEST_SECONDS, seconds)));
        } catch (InvalidProtocolBufferException e) {
          return 0;
        }
      }
    }
    return 0;
  }
}
