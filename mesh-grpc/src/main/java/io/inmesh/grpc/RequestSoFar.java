package io.inmesh.grpc;

import io.grpc.ClientCall;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What an application has said of its request, for attempts that begin later: one message, or all
 * that was sent while nothing was written yet. Confined to the call's serial context.
 */
final class RequestSoFar<ReqT> {
  private @Nullable ReqT first;
  private @Nullable ArrayDeque<ReqT> more;
  private @Nullable Boolean compressed;
  private boolean ended;
  private int requested;

  /** A message, kept for replay. */
  void add(ReqT message) {
    if (first == null) {
      first = message;
    } else {
      if (more == null) {
        more = new ArrayDeque<>(4);
      }
      more.add(message);
    }
  }

  /** There will be no other attempt, or it could not be given everything. */
  void release() {
    first = null;
    more = null;
  }

  void request(int count) {
    requested = requested + count < 0 ? Integer.MAX_VALUE : requested + count;
  }

  void compress(boolean enabled) {
    compressed = enabled;
  }

  void end() {
    ended = true;
  }

  /** Whether the application has half-closed. */
  boolean ended() {
    return ended;
  }

  /** Says all of it to a call that has just begun. */
  void replay(ClientCall<ReqT, ?> real) {
    if (requested > 0) {
      real.request(requested);
    }
    if (compressed != null) {
      real.setMessageCompression(compressed);
    }
    if (first != null) {
      real.sendMessage(first);
    }
    if (more != null) {
      more.forEach(real::sendMessage);
    }
    if (ended) {
      real.halfClose();
    }
  }
}
