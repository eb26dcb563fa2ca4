package io.inmesh.filter;

import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.model.Route;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** One call, as filters see it. Confined to the call's serial context. */
public interface FilterCall {
  /** Where it is. */
  Side side();

  /** The request; changes reach the wire or the handler. */
  RequestHead request();

  /**
   * Server side: who sent the request. Client side: who sent the request on whose behalf this call
   * is made; null outside of one.
   */
  @Nullable Peer peer();

  /** Trace and deadline. */
  Context context();

  /** The matched route; null if there is none (server side). */
  @Nullable Route route();

  /** The chosen cluster's name; empty on the server side and where the route does not forward. */
  String cluster();

  /** What this filter keeps for this call; null at first. */
  @Nullable Object state();

  /**
   * Server side: has the response recorded. The last filter that asks counts. If another filter
   * refuses the request after, the recorder is told to {@link ResponseRecorder#forget}.
   */
  void record(ResponseRecorder recorder);

  /** Keeps something for {@link MeshFilter#onResponse} and {@link MeshFilter#onEnd}. */
  void state(@Nullable Object value);

  /**
   * What an earlier filter of this call found out (Envoy's dynamic metadata); null: nothing.
   *
   * @param name of the kind of filter that found it out
   */
  @Nullable Object finding(String name);

  /** Tells later filters of this call; the last value of a name counts. */
  void finding(String name, Object value);
}
