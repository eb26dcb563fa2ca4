package io.inmesh.call;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the response to a request with an idempotency key, for those that come with the same key
 * while it is handled or after. The server transport shows it the response as the application
 * writes it, in this order: {@link #head}, {@link #part}…, {@link #end}; whether the caller is
 * still there to receive it makes no difference.
 *
 * <p>A request that has a recorder is not cancelled when its caller disconnects after it was
 * received completely: the handler goes on, so that the caller's next try finds its response.
 *
 * <p>{@link InboundCall#finish} closes the recorder. If neither {@link #end} nor {@link #forget}
 * came before, the key stays taken: the request may have been executed, and its repetition is
 * refused with 409 (gRPC: ABORTED). Confined to the call's serial context.
 */
public interface ResponseRecorder {
  /** The head, as it is written, after {@link InboundCall#response}. */
  void head(ResponseHead head);

  /** A part of the body (HTTP), or one whole serialized message (gRPC); copied if it is kept. */
  void part(ByteBuffer bytes);

  /**
   * The response is complete.
   *
   * @param grpcStatus for gRPC, else {@link ResponseHead#NO_GRPC_STATUS}
   * @param trailers null if there are none
   */
  void end(int grpcStatus, @Nullable Headers trailers);

  /**
   * The request had certainly no effect: no handler has begun. The next one with the key is handled
   * as if it were the first. So that this is often certain, a handler begins when the request is
   * complete, or too large to be kept until then.
   */
  void forget();
}
