package io.inmesh.benchmarks.peers;

import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.benchmarks.load.Client;
import io.inmesh.call.Admission;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.ConnectionPermit;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Clock;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.Route;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.OpenCall;
import io.inmesh.testing.Snapshots;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A mesh that does nothing: every call goes to one address, every request is admitted. With it the
 * transports run without the engine, which is the baseline the engine is measured against.
 */
final class BareMesh implements Mesh {
  private static final TlsPolicy POLICY = new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null);

  private final AtomicInteger connections = new AtomicInteger();
  private final Endpoint endpoint;
  private final Cluster cluster;
  private final @Nullable TlsMaterial material;

  /**
   * A mesh of one address.
   *
   * @param target host and port
   * @param http2 whether HTTP/2 is spoken with it
   * @param material for mutual TLS in both directions; null: plaintext
   */
  BareMesh(String target, boolean http2, @Nullable TlsMaterial material) {
    this.material = material;
    int colon = target.lastIndexOf(':');
    endpoint =
        Snapshots.endpoint(
            target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)));
    Cluster auto = Snapshots.cluster("bare", "bare", Snapshots.local(endpoint));
    cluster =
        new Cluster(
            auto.name(),
            auto.service(),
            auto.localities(),
            auto.overprovisioning(),
            auto.drops(),
            auto.balancer(),
            auto.connectTimeout(),
            http2 ? Cluster.Protocol.HTTP2 : Cluster.Protocol.HTTP1,
            auto.breakers(),
            null,
            material == null ? null : POLICY);
  }

  @Override
  public Outbound outbound() {
    return new Outbound() {
      @Override
      public OutboundCall begin(RequestHead head, CallOptions options, CallTransport transport) {
        return new BareCall(transport);
      }

      @Override
      public boolean isMeshName(String authority) {
        return true;
      }
    };
  }

  @Override
  public Inbound inbound(int port) {
    return new Inbound() {
      @Override
      public Admission admit(RequestHead head, Peer peer) {
        return ADMITTED;
      }

      @Override
      public ServerTls tls() {
        return material == null ? ServerTls.DISABLED : material.server(ServerTlsPolicy.STRICT);
      }
    };
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public void close() {}

  /** A call of one attempt. */
  private final class BareCall implements OutboundCall, Attempt {
    private final CallTransport transport;

    BareCall(CallTransport transport) {
      this.transport = transport;
    }

    @Override
    public void start() {
      transport.send(this);
    }

    @Override
    public void cancel() {
      transport.abandon(this);
    }

    @Override
    public void expire() {
      cancel();
    }

    @Override
    public void notReplayable() {}

    @Override
    public @Nullable Route route() {
      return null;
    }

    @Override
    public long deadlineNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public List<MeshException.AttemptRecord> attempts() {
      return List.of();
    }

    @Override
    public int number() {
      return 1;
    }

    @Override
    public OutboundCall call() {
      return this;
    }

    @Override
    public Cluster cluster() {
      return cluster;
    }

    @Override
    public Pick pick(Usable usable) {
      return Pick.PICKED;
    }

    @Override
    public @Nullable ConnectionPermit connection() {
      if (connections.incrementAndGet() <= Client.CONNECTIONS) {
        return connections::decrementAndGet;
      }
      connections.decrementAndGet();
      return null;
    }

    @Override
    public Endpoint endpoint() {
      return endpoint;
    }

    @Override
    public @Nullable TlsGeneration tls() {
      return material == null ? null : material.client(POLICY);
    }

    @Override
    public void decorate(RequestHead head) {}

    @Override
    public void sent() {}

    @Override
    public void requestEnd() {}

    @Override
    public void head(ResponseHead head) {
      transport.deliver(this);
    }

    @Override
    public void progress() {}

    @Override
    public void end(int grpcStatus, @Nullable Headers trailers) {}

    @Override
    public void failed(Failure failure, @Nullable Throwable cause) {
      transport.fail(
          new MeshException(
              MeshException.Reason.CONNECTION_FAILURE, String.valueOf(failure), List.of(), cause));
    }
  }

  private static final Admission ADMITTED = new Admission.Allowed(new OpenCall());
}
