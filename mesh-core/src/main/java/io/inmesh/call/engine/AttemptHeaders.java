package io.inmesh.call.engine;

import io.inmesh.call.Headers;
import io.inmesh.call.MeshHeaders;
import io.inmesh.call.RequestHead;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The header fields by which one attempt differs from another. */
final class AttemptHeaders {
  /** gRPC's count of earlier attempts. */
  private static final String PREVIOUS_ATTEMPTS = "grpc-previous-rpc-attempts";

  private static final long MILLI = 1_000_000L;

  private AttemptHeaders() {}

  /** Replaces what an earlier attempt wrote; to hosts outside the mesh nothing is told. */
  static void write(RequestHead head, ClusterRuntime cluster, CallAttempts call, int number) {
    Headers headers = head.headers();
    if (cluster.wantsLoad(head.kind())) {
      headers.set(MeshHeaders.LOAD, "1");
    } else {
      headers.remove(MeshHeaders.LOAD);
    }
    if (!cluster.inMesh) {
      leave(headers);
      return;
    }
    if (call.plan().attemptCount) {
      headers.set(MeshHeaders.ATTEMPT_COUNT, number == 1 ? "1" : Integer.toString(number));
    }
    if (head.kind() == RequestHead.Kind.GRPC) {
      if (number > 1) {
        headers.set(PREVIOUS_ATTEMPTS, Integer.toString(number - 1));
      }
    } else {
      timeout(headers, call.deadlineNanos(), call.engine.clock.nanoTime());
    }
    if (call.retrying != null && call.retrying.pinned() != null) {
      headers.set(MeshHeaders.FIRST_SENT, call.retrying.firstSent());
    }
  }

  /** A copy is a first attempt, and nobody waits for it. */
  static void writeShadow(RequestHead copy, boolean inMesh) {
    Headers headers = copy.headers();
    headers.remove(MeshHeaders.TIMEOUT_MS);
    headers.remove(MeshHeaders.LOAD);
    headers.remove(PREVIOUS_ATTEMPTS);
    headers.remove(MeshHeaders.FIRST_SENT);
    if (inMesh) {
      headers.set(MeshHeaders.ATTEMPT_COUNT, "1");
    } else {
      leave(headers);
    }
  }

  /** Nothing of the mesh's own leaves it, whoever wrote it. */
  private static void leave(Headers headers) {
    headers.remove(MeshHeaders.ATTEMPT_COUNT);
    headers.remove(MeshHeaders.FORWARDED_CLIENT_CERT);
    OwnFields own = new OwnFields();
    headers.forEach(own);
    if (own.names != null) {
      own.names.forEach(headers::remove);
    }
  }

  /** Collects the mesh's own fields; usually there are none. */
  static final class OwnFields implements Headers.Visitor {
    @Nullable List<String> names;

    @Override
    public void field(String name, String value) {
      if (name.startsWith(MeshHeaders.PREFIX) || name.startsWith(MeshHeaders.FAULT_PREFIX)) {
        if (names == null) {
          names = new ArrayList<>();
        }
        names.add(name);
      }
    }
  }

  private static void timeout(Headers headers, long deadline, long now) {
    if (deadline == CallTime.NONE) {
      headers.remove(MeshHeaders.TIMEOUT_MS);
    } else {
      long left = deadline - now;
      // Rounded up: a peer must not give up before this side does.
      headers.set(MeshHeaders.TIMEOUT_MS, Long.toString(Math.max(1, (left + MILLI - 1) / MILLI)));
    }
  }
}
