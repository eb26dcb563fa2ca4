package io.inmesh.http;

import io.inmesh.call.Admission;
import io.inmesh.call.CallContext;
import io.inmesh.call.Inbound;
import io.inmesh.call.InboundCall;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.control.Cancellable;
import io.inmesh.identity.ServerTls;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.ServerConnectionPolicy;
import io.inmesh.model.ServerTlsPolicy;
import io.opentelemetry.context.Context;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Lets everything in unless told otherwise, and keeps count. */
final class OpenInbound implements Inbound {
  final AtomicInteger inFlight = new AtomicInteger();
  final AtomicInteger cancelled = new AtomicInteger();
  final List<Integer> finished = new CopyOnWriteArrayList<>();
  final List<Peer> peers = new CopyOnWriteArrayList<>();
  final List<Refusal> refusals = new CopyOnWriteArrayList<>();
  private final List<Integer> counted = new CopyOnWriteArrayList<>();
  volatile ServerConnectionPolicy connections = ServerConnectionPolicy.NONE;
  volatile @Nullable Function<RequestHead, @Nullable Admission> policy;
  volatile ServerTlsPolicy tlsPolicy = ServerTlsPolicy.DISABLED;
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  private final TlsMaterial material;

  /** Whether it writes down what it sees; not where allocation is measured. */
  volatile boolean recording = true;

  OpenInbound(TlsMaterial material) {
    this.material = material;
  }

  /** The statuses of all requests that are over, whether or not they were admitted. */
  List<Integer> counted() {
    return counted;
  }

  /** Another mode or other peers are in force from now on. */
  void tlsPolicy(ServerTlsPolicy policy) {
    tlsPolicy = policy;
    watchers.forEach(Runnable::run);
  }

  @Override
  public ServerTls tls() {
    return material.server(tlsPolicy);
  }

  @Override
  public Cancellable watchTls(Runnable changed) {
    watchers.add(changed);
    Cancellable updates = material.watch(changed);
    return () -> {
      watchers.remove(changed);
      updates.cancel();
    };
  }

  @Override
  public void refused(Refusal why, @Nullable SocketAddress peer, @Nullable Throwable cause) {
    refusals.add(why);
  }

  @Override
  public void rejected(int status, Peer peer, long nanos) {
    counted.add(status);
  }

  @Override
  public ServerConnectionPolicy connections() {
    return connections;
  }

  @Override
  public Admission admit(RequestHead head, Peer peer) {
    if (recording) {
      peers.add(peer);
    }
    Function<RequestHead, @Nullable Admission> own = policy;
    Admission decision = own == null ? null : own.apply(head);
    return decision == null ? allow(peer) : decision;
  }

  Admission allow(Peer peer) {
    return new Admission.Allowed(call(peer, null));
  }

  /** An admitted request whose response may be recorded. */
  InboundCall call(Peer peer, @Nullable ResponseRecorder recorder) {
    inFlight.incrementAndGet();
    return new InboundCall() {
      @Override
      public Context context() {
        return CallContext.withPeer(Context.root(), peer);
      }

      @Override
      public long deadlineNanos() {
        return Long.MAX_VALUE;
      }

      @Override
      public @Nullable ResponseRecorder recorder() {
        return recorder;
      }

      @Override
      public void cancel() {
        cancelled.incrementAndGet();
      }

      @Override
      public void response(ResponseHead head) {
        head.headers().set("x-admitted", "yes");
      }

      @Override
      public void finish(int status, int grpcStatus) {
        inFlight.decrementAndGet();
        if (recording) {
          finished.add(status);
          counted.add(status);
        }
      }
    };
  }
}
