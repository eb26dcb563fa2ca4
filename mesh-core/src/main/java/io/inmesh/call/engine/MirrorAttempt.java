package io.inmesh.call.engine;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Shadow;
import io.inmesh.control.Cancellable;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Mirror;
import io.inmesh.resilience.ClusterLoad;
import org.jspecify.annotations.Nullable;

/**
 * One shadow copy on its way. Counts against the shadows of its cluster, not against the cluster's
 * own limits. Confined to the call's serial context, which it may outlive the call in.
 */
final class MirrorAttempt extends EndpointTry implements Shadow, Runnable {
  private static final int BUFFER_BYTES = 1 << 20;
  private static final long DEFAULT_TIMEOUT_NANOS = 15_000_000_000L;
  private static final String SHADOW = "-shadow";

  private final Mirror mirror;
  private final String authority;
  private final long begun;
  private @Nullable Cancellable timer;
  private int status;
  private boolean over;

  MirrorAttempt(MeshCall call, ClusterRuntime cluster, Mirror mirror) {
    super(call, cluster, 0);
    this.mirror = mirror;
    this.authority = call.head.authority();
    this.begun = now();
  }

  /** Hands it to the transport, with the route's timeout of its own. */
  void send() {
    long timeout = call.plan().limits.timeoutNanos();
    timer = call.transport.schedule(timeout > 0 ? timeout : DEFAULT_TIMEOUT_NANOS, this);
    call.transport.mirror(this);
  }

  /** The timer: nobody is interested any more. */
  @Override
  public void run() {
    timer = null;
    if (!over) {
      over(0, ResponseHead.NO_GRPC_STATUS, Reason.TIMEOUT);
      call.transport.abandon(this);
    }
  }

  @Override
  public int bufferBytes() {
    return BUFFER_BYTES;
  }

  // ---- picking ----

  @Override
  ClusterLoad load() {
    return cluster.shadows;
  }

  @Override
  CircuitBreakers.Limits limits() {
    return cluster.limits(false);
  }

  @Override
  boolean closed() {
    return over;
  }

  @Override
  boolean answered() {
    return status != 0;
  }

  @Override
  void refuse(Reason why, String message) {
    over(0, ResponseHead.NO_GRPC_STATUS, why);
  }

  @Override
  public boolean hashed() {
    return call.hash().present();
  }

  @Override
  public long hash() {
    return call.hash().value();
  }

  // ---- what the transport reports ----

  @Override
  public void decorate(RequestHead copy) {
    call.engine.propagation.inject(call.context, copy.headers());
    AttemptHeaders.writeShadow(copy, cluster.inMesh);
    copy.authority(mirror.hostSuffix() ? suffixed(authority) : authority);
  }

  /** The suffix goes before the port, as Envoy puts it. */
  static String suffixed(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > authority.lastIndexOf(']')
        ? authority.substring(0, colon) + SHADOW + authority.substring(colon)
        : authority + SHADOW;
  }

  @Override
  public void sent() {
    if (!over) {
      waitedEnough();
    }
  }

  @Override
  public void requestEnd() {}

  @Override
  public void head(ResponseHead response) {
    status = response.status();
  }

  @Override
  public void progress() {}

  @Override
  public void end(int grpcStatus, @Nullable Headers trailers) {
    over(status, grpcStatus, null);
  }

  @Override
  public void failed(Failure failure, @Nullable Throwable cause) {
    over(status, ResponseHead.NO_GRPC_STATUS, Outcomes.reason(failure));
  }

  private void over(int httpStatus, int grpcStatus, @Nullable Reason reason) {
    if (over) {
      return;
    }
    over = true;
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    release();
    int code = httpStatus == 0 && reason != null ? Outcomes.httpStatus(reason) : httpStatus;
    call.engine.metrics.shadow(cluster.edge(host), code, grpcStatus, now() - begun);
  }

  @Override
  public int number() {
    return 1;
  }

  @Override
  public OutboundCall call() {
    return call;
  }
}
