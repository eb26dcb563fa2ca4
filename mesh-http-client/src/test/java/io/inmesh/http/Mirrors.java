package io.inmesh.http;

import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.Outbound;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Shadow;
import io.inmesh.call.Usable;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Route;
import io.inmesh.testing.Snapshots;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Lets the engine's calls cast one shadow each, on a given port; keeps what is reported of it. */
final class Mirrors implements Outbound {
  private final Rig rig;
  private final int port;
  private final int bufferBytes;
  final List<Integer> answered = new CopyOnWriteArrayList<>();
  final List<Failure> failed = new CopyOnWriteArrayList<>();

  Mirrors(Rig rig, int port, int bufferBytes) {
    this.rig = rig;
    this.port = port;
    this.bufferBytes = bufferBytes;
  }

  @Override
  public OutboundCall begin(RequestHead head, CallOptions options, CallTransport transport) {
    OutboundCall call = rig.engine.begin(head, options, transport);
    return new OutboundCall() {
      @Override
      public void start() {
        transport.mirror(new Cast(this));
        call.start();
      }

      @Override
      public void cancel() {
        call.cancel();
      }

      @Override
      public void expire() {
        call.expire();
      }

      @Override
      public void notReplayable() {
        call.notReplayable();
      }

      @Override
      public @Nullable Route route() {
        return call.route();
      }

      @Override
      public long deadlineNanos() {
        return call.deadlineNanos();
      }

      @Override
      public List<AttemptRecord> attempts() {
        return call.attempts();
      }
    };
  }

  @Override
  public boolean isMeshName(String authority) {
    return rig.engine.isMeshName(authority);
  }

  /** Never refused, never picked again. */
  private final class Cast implements Shadow {
    private final OutboundCall call;
    private int status;

    Cast(OutboundCall call) {
      this.call = call;
    }

    @Override
    public int bufferBytes() {
      return bufferBytes;
    }

    @Override
    public int number() {
      return 1;
    }

    @Override
    public OutboundCall call() {
      return call;
    }

    @Override
    public Cluster cluster() {
      return rig.cluster(endpoint());
    }

    @Override
    public Attempt.Pick pick(Usable usable) {
      return Attempt.Pick.PICKED;
    }

    @Override
    public Endpoint endpoint() {
      return Snapshots.endpoint("127.0.0.1", port);
    }

    @Override
    public @Nullable TlsGeneration tls() {
      return cluster().tls() == null ? null : rig.engine.tls(cluster().tls());
    }

    @Override
    public void decorate(RequestHead head) {
      head.headers().set("x-shadow", "yes");
    }

    @Override
    public void sent() {}

    @Override
    public void requestEnd() {}

    @Override
    public void head(ResponseHead head) {
      status = head.status();
    }

    @Override
    public void progress() {}

    @Override
    public void end(int grpcStatus, @Nullable Headers trailers) {
      answered.add(status);
    }

    @Override
    public void failed(Failure failure, @Nullable Throwable cause) {
      failed.add(failure);
    }
  }
}
