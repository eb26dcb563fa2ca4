package io.inmesh.conformance.world;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.grpc.Status;
import io.inmesh.MeshException;
import java.util.Objects;
import org.assertj.core.api.AbstractAssert;

/** What can be asked of an {@link Answer}, whatever it travelled over. */
public final class AnswerAssert extends AbstractAssert<AnswerAssert, Answer> {
  AnswerAssert(Answer answer) {
    super(answer, AnswerAssert.class);
  }

  /** 200, or OK with all its messages. */
  @CanIgnoreReturnValue
  public AnswerAssert isOk() {
    return hasStatus(200);
  }

  /** An instance's status; over gRPC a code that corresponds to it. */
  @CanIgnoreReturnValue
  public AnswerAssert hasStatus(int status) {
    isNotNull();
    if (actual.status() != status) {
      failWithMessage("expected status %s but got %s", status, actual);
    }
    return this;
  }

  /** A status that the mesh answers itself; over gRPC what gRPC makes of such a response. */
  @CanIgnoreReturnValue
  public AnswerAssert isLocal(int status) {
    isNotNull();
    boolean same =
        actual.grpc() == null
            ? actual.status() == status
            : actual.grpc() == Statuses.ofForeign(status);
    if (!same || !actual.host().isEmpty()) {
      failWithMessage("expected the mesh's own answer %s but got %s", status, actual);
    }
    return this;
  }

  /** Answered by an instance of a version. */
  @CanIgnoreReturnValue
  public AnswerAssert isFrom(String version) {
    isNotNull();
    if (!actual.version().equals(version)) {
      failWithMessage("expected an answer from %s but got %s", version, actual);
    }
    return this;
  }

  /** Failed or refused by the mesh, for a reason. */
  @CanIgnoreReturnValue
  public AnswerAssert failedWith(MeshException.Reason reason) {
    isNotNull();
    if (actual.reason() != reason) {
      failWithMessage("expected the reason %s but got %s", reason, actual);
    }
    return this;
  }

  /** Took too long, whoever noticed first: servers are told the caller's deadline. */
  @CanIgnoreReturnValue
  public AnswerAssert timedOut() {
    isNotNull();
    if (actual.reason() != MeshException.Reason.TIMEOUT
        && actual.reason() != MeshException.Reason.DEADLINE_EXCEEDED
        && actual.grpc() != Status.Code.DEADLINE_EXCEEDED
        && actual.status() != 504) {
      failWithMessage("expected that it took too long but got %s", actual);
    }
    return this;
  }

  /** Took this many attempts. */
  @CanIgnoreReturnValue
  public AnswerAssert hasAttempts(int count) {
    isNotNull();
    if (actual.attempts().size() != count) {
      failWithMessage("expected %s attempts but got %s", count, actual);
    }
    return this;
  }

  /** Has a response header or trailer. */
  @CanIgnoreReturnValue
  public AnswerAssert hasHeader(String name, String value) {
    isNotNull();
    if (!Objects.equals(actual.headers().get(name), value)) {
      failWithMessage("expected %s: %s but got %s", name, value, actual);
    }
    return this;
  }

  /** Has no such response header or trailer. */
  @CanIgnoreReturnValue
  public AnswerAssert lacksHeader(String name) {
    isNotNull();
    if (actual.headers().containsKey(name)) {
      failWithMessage("expected no %s but got %s", name, actual);
    }
    return this;
  }
}
