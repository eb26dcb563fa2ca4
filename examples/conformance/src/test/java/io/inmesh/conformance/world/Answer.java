package io.inmesh.conformance.world;

import io.grpc.Status;
import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AssertProvider;
import org.jspecify.annotations.Nullable;

/**
 * What came of a call. {@code assertThat(answer)} knows what can be asked of it.
 *
 * @param status as HTTP says it, see {@link Statuses}; 0: no response
 * @param grpc the gRPC code; null over HTTP
 * @param headers of the response, trailers included, by lower-case name
 * @param reason why the mesh failed or refused the call; null: it did not, or over HTTP it answered
 *     itself
 * @param message of the failure; empty: there is none
 * @param attempts what was tried, oldest first
 * @param messages how many the response had; 1 over HTTP
 */
public record Answer(
    int status,
    Status.@Nullable Code grpc,
    Map<String, String> headers,
    MeshException.@Nullable Reason reason,
    String message,
    List<AttemptRecord> attempts,
    int messages)
    implements AssertProvider<AnswerAssert> {
  static final String VERSION = "x-version";
  static final String HOST = "x-host";

  /** Whether it is what was asked for. */
  public boolean ok() {
    return status == 200;
  }

  /** The version of the instance that answered; empty: none did. */
  public String version() {
    return headers.getOrDefault(VERSION, "");
  }

  /** The instance that answered; empty: none did. */
  public String host() {
    return headers.getOrDefault(HOST, "");
  }

  @Override
  public AnswerAssert assertThat() {
    return new AnswerAssert(this);
  }
}
