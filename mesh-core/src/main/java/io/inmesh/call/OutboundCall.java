package io.inmesh.call;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.model.Route;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One outbound call: the snapshot it pinned, its route, deadline and attempts. Driven by its {@link
 * CallTransport} in the call's serial context.
 */
public interface OutboundCall {
  /**
   * Begins: waits for configuration where none is known yet, matches the route, runs the filters,
   * then calls {@link CallTransport#send}, {@code respond} or {@code fail}, possibly before it
   * returns.
   */
  void start();

  /**
   * The application gave up; ends the call without further calls into the transport but abandon.
   */
  void cancel();

  /**
   * The time that the application gives has passed without a response head: ends the call as {@link
   * #cancel} does, but endpoints that have the whole request and did not answer count as late.
   */
  void expire();

  /**
   * The request can be sent no more although {@link CallOptions#replayable} said so: it has become
   * too large to keep. No attempt follows the ones there are.
   */
  void notReplayable();

  /** The matched route; null before. */
  @Nullable Route route();

  /**
   * When the call must have ended, on the engine's clock; {@link Long#MAX_VALUE}: never, or it is
   * not known while the request is being sent.
   */
  long deadlineNanos();

  /** What was tried so far, oldest first. */
  List<AttemptRecord> attempts();
}
