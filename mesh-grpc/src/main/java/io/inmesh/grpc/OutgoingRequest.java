package io.inmesh.grpc;

import io.grpc.ClientCall;
import io.inmesh.call.Attempt;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an application says of its request: passed on to the attempts there are, and kept for those
 * that begin later, as long as there can be any: one message, or all that was sent while nothing
 * was written yet. Confined to the call's serial context, but for {@link #newest}.
 */
final class OutgoingRequest<ReqT, RespT> {
  private final ReplayBudget budget;

  /** Whether there is one message only, which is kept until a response is chosen. */
  private final boolean single;

  private volatile @Nullable AttemptStream<ReqT, RespT> newest;
  private List<ShadowStream<ReqT, RespT>> shadows = List.of();
  private @Nullable ReqT first;
  private @Nullable ArrayDeque<ReqT> more;
  private @Nullable Boolean compressed;
  private boolean ended;
  private boolean complete = true;
  private boolean released;
  private int requested;
  private long charged;

  OutgoingRequest(ReplayBudget budget, boolean single) {
    this.budget = budget;
    this.single = single;
  }

  // ---- the attempts

  /** The attempt that began last of those that still matter; from any thread. */
  @Nullable AttemptStream<ReqT, RespT> newest() {
    return newest;
  }

  void add(AttemptStream<ReqT, RespT> stream) {
    stream.previous = newest;
    newest = stream;
  }

  @Nullable AttemptStream<ReqT, RespT> of(Attempt attempt) {
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      if (s.attempt == attempt) {
        return s;
      }
    }
    return null;
  }

  void remove(AttemptStream<ReqT, RespT> stream) {
    AttemptStream<ReqT, RespT> after = null;
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      if (s == stream) {
        if (after == null) {
          newest = s.previous;
        } else {
          after.previous = s.previous;
        }
        return;
      }
      after = s;
    }
  }

  /** A copy, which begins with what was said so far; before the first attempt. */
  void add(ShadowStream<ReqT, RespT> shadow) {
    if (shadows.isEmpty()) {
      shadows = new ArrayList<>(2);
    }
    shadows.add(shadow);
    if (first != null) {
      shadow.message(first);
    }
    if (more != null) {
      more.forEach(shadow::message);
    }
    if (ended) {
      shadow.end();
    }
  }

  @Nullable ShadowStream<ReqT, RespT> shadow(Attempt attempt) {
    for (ShadowStream<ReqT, RespT> shadow : shadows) {
      if (shadow.attempt == attempt) {
        return shadow;
      }
    }
    return null;
  }

  // ---- the application

  void request(int count) {
    requested = requested + count < 0 ? Integer.MAX_VALUE : requested + count;
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      ClientCall<ReqT, RespT> real = s.real();
      if (real != null) {
        real.request(count);
      }
    }
  }

  void compress(boolean enabled) {
    compressed = enabled;
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      ClientCall<ReqT, RespT> real = s.real();
      if (real != null) {
        real.setMessageCompression(enabled);
      }
    }
  }

  void message(ReqT message) {
    if (!released && (single || unwritten())) {
      keep(message);
    } else {
      complete = false;
      release();
    }
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      ClientCall<ReqT, RespT> real = s.real();
      if (real != null) {
        real.sendMessage(message);
      }
    }
    for (int i = 0; i < shadows.size(); i++) {
      shadows.get(i).message(message);
    }
  }

  private boolean unwritten() {
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      if (s.isWritten()) {
        return false;
      }
    }
    return true;
  }

  private void keep(ReqT message) {
    if (first == null) {
      first = message;
    } else {
      if (more == null) {
        more = new ArrayDeque<>(4);
      }
      more.add(message);
    }
  }

  void end() {
    ended = true;
    for (AttemptStream<ReqT, RespT> s = newest; s != null; s = s.previous) {
      ClientCall<ReqT, RespT> real = s.real();
      if (real != null) {
        real.halfClose();
        s.attempt.requestEnd();
      }
    }
    for (int i = 0; i < shadows.size(); i++) {
      shadows.get(i).end();
    }
  }

  // ---- later attempts

  /** Says all of it to a call that has just begun. */
  void replay(AttemptStream<ReqT, RespT> stream, ClientCall<ReqT, RespT> real) {
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
      stream.attempt.requestEnd();
    }
  }

  /**
   * The one message has this many bytes.
   *
   * @return whether another attempt can still be given it
   */
  boolean sized(long bytes) {
    if (first != null && bytes > charged) {
      if (budget.take(charged, bytes - charged)) {
        charged = bytes;
      } else {
        complete = false;
        release();
      }
    }
    return complete;
  }

  /** The call is over; copies of a request that is complete go on. */
  void over() {
    release();
    for (int i = 0; i < shadows.size(); i++) {
      shadows.get(i).brokenOff();
    }
  }

  /** There will be no other attempt. */
  void release() {
    released = true;
    first = null;
    more = null;
    if (charged > 0) {
      budget.release(charged);
      charged = 0;
    }
  }
}
