package io.inmesh.grpc;

import io.inmesh.Mesh;
import io.inmesh.MeshException;
import io.inmesh.MeshException.AttemptRecord;
import io.inmesh.MeshException.Reason;
import io.inmesh.RequestOptions;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallOptions;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.Headers;
import io.inmesh.call.Inbound;
import io.inmesh.call.LoadReport;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Outbound;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Clock;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.model.BalancerPolicy;
import io.inmesh.model.CircuitBreakers;
import io.inmesh.model.Cluster;
import io.inmesh.model.ConnectionPolicy;
import io.inmesh.model.Endpoint;
import io.inmesh.model.HealthCheck;
import io.inmesh.model.Locality;
import io.inmesh.model.LocalityEndpoints;
import io.inmesh.model.Route;
import io.inmesh.model.TlsPolicy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An engine small enough to see through: one cluster, round robin, retries on request. What a
 * transport needs of the real one, and a strict judge of the contract: any violation is recorded.
 */
final class FakeMesh implements Mesh, Outbound {
  final AtomicInteger inFlight = new AtomicInteger();
  final AtomicInteger callsOpen = new AtomicInteger();
  final AtomicInteger cancels = new AtomicInteger();
  final AtomicInteger attempts = new AtomicInteger();
  final List<String> violations = new CopyOnWriteArrayList<>();
  final List<Failure> failures = new CopyOnWriteArrayList<>();
  final List<Consumer<Map<String, Cluster>>> watchers = new CopyOnWriteArrayList<>();

  volatile int retries;
  volatile Set<Integer> retryOn = Set.of();
  volatile long perTryNanos;
  volatile @Nullable LocalReply reply;
  volatile @Nullable Inbound inbound;
  volatile Duration connectTimeout = Duration.ofSeconds(5);
  volatile boolean secured;
  volatile int firstChoice;
  volatile BalancerPolicy balancer = BalancerPolicy.DEFAULT;
  volatile @Nullable HealthCheck healthCheck;
  volatile ConnectionPolicy connections = ConnectionPolicy.DEFAULT;
  final List<LoadReport> reports = new CopyOnWriteArrayList<>();
  private volatile Cluster cluster = cluster(List.of());
  private final AtomicInteger next = new AtomicInteger();

  private Cluster cluster(List<Endpoint> endpoints) {
    return new Cluster(
        "outbound|80||orders.default.svc.cluster.local",
        "orders.default.svc.cluster.local",
        endpoints.isEmpty()
            ? List.of()
            : List.of(new LocalityEndpoints(new Locality("", "", ""), 0, 1, endpoints)),
        140,
        List.of(),
        balancer,
        connectTimeout,
        Cluster.Protocol.HTTP2,
        CircuitBreakers.NONE,
        null,
        secured ? new TlsPolicy(TlsPolicy.Mode.MESH, List.of(), null, null) : null,
        null,
        healthCheck,
        connections);
  }

  void endpoints(int... ports) {
    List<Endpoint> all = new ArrayList<>();
    for (int port : ports) {
      all.add(
          new Endpoint(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
              1,
              Endpoint.Health.HEALTHY,
              "",
              Map.of("instance", "i" + port)));
    }
    Cluster now = cluster(all);
    cluster = now;
    watchers.forEach(watcher -> watcher.accept(Map.of(now.name(), now)));
  }

  @Override
  public Cancellable watch(
      String authority, RequestHead.Kind kind, Consumer<Map<String, Cluster>> clusters) {
    watchers.add(clusters);
    Cluster now = cluster;
    clusters.accept(Map.of(now.name(), now));
    return () -> watchers.remove(clusters);
  }

  @Override
  public OutboundCall begin(RequestHead head, CallOptions options, CallTransport transport) {
    callsOpen.incrementAndGet();
    return new Call(options, transport);
  }

  @Override
  public void reported(String cluster, InetSocketAddress endpoint, LoadReport load) {
    reports.add(load);
  }

  @Override
  public boolean isMeshName(String authority) {
    return true;
  }

  @Override
  public Outbound outbound() {
    return this;
  }

  @Override
  public Inbound inbound(int port) {
    Inbound given = inbound;
    if (given == null) {
      throw new IllegalStateException("no inbound");
    }
    return given;
  }

  @Override
  public Clock clock() {
    return Clock.SYSTEM;
  }

  @Override
  public void close() {}

  private final class Call implements OutboundCall {
    private final CallOptions options;
    private final CallTransport transport;
    private final Cluster pinned = cluster;
    private final Set<InetSocketAddress> tried = new HashSet<>();
    private final List<Try> live = new ArrayList<>();
    private Cancellable deadline = Cancellable.NONE;
    private int number;
    private boolean delivered;
    private boolean over;
    private boolean lost;
    private @Nullable Thread inside;

    Call(CallOptions options, CallTransport transport) {
      this.options = options;
      this.transport = transport;
    }

    private @Nullable Boolean idempotent() {
      RequestOptions request = options.request();
      return request == null ? null : request.idempotent();
    }

    private void serial(String what, Runnable body) {
      Thread me = Thread.currentThread();
      Thread before = inside;
      if (before != null && before != me) {
        violations.add(what + " on two threads at once");
      }
      inside = me;
      body.run();
      inside = before;
    }

    @Override
    public void start() {
      serial(
          "start",
          () -> {
            if (options.timeoutNanos() > 0) {
              deadline =
                  transport.schedule(
                      options.timeoutNanos(), () -> give(Reason.DEADLINE_EXCEEDED, "too late"));
            }
            LocalReply local = reply;
            if (local != null) {
              finish();
              transport.respond(local);
            } else {
              attempt();
            }
          });
    }

    private void attempt() {
      Try attempt = new Try(this, ++number);
      live.add(attempt);
      attempts.incrementAndGet();
      long perTry = perTryNanos;
      if (perTry > 0) {
        attempt.timer =
            transport.schedule(
                perTry,
                () -> {
                  if (!over && !delivered && !attempt.done) {
                    attempt.finish();
                    transport.abandon(attempt);
                    again(Reason.TIMEOUT, "attempt timed out", idempotent() != null);
                  }
                });
      }
      transport.send(attempt);
    }

    void again(Reason reason, String message, boolean allowed) {
      if (over) {
        return;
      }
      if (!delivered && !lost && allowed && number <= retries) {
        attempt();
      } else {
        give(reason, message);
      }
    }

    void give(Reason reason, String message) {
      if (over) {
        return;
      }
      for (Try attempt : List.copyOf(live)) {
        attempt.finish();
        transport.abandon(attempt);
      }
      finish();
      transport.fail(new MeshException(reason, message));
    }

    void finish() {
      if (!over) {
        over = true;
        deadline.cancel();
        callsOpen.decrementAndGet();
      }
    }

    @Override
    public void expire() {
      cancel();
    }

    @Override
    public void cancel() {
      cancels.incrementAndGet();
      serial(
          "cancel",
          () -> {
            if (!over) {
              for (Try attempt : List.copyOf(live)) {
                attempt.finish();
                transport.abandon(attempt);
              }
              finish();
            }
          });
    }

    @Override
    public void notReplayable() {
      lost = true;
    }

    @Override
    public @Nullable Route route() {
      return null;
    }

    @Override
    public long deadlineNanos() {
      return Long.MAX_VALUE;
    }

    @Override
    public List<AttemptRecord> attempts() {
      return List.of();
    }
  }

  private final class Try implements Attempt {
    private final Call call;
    private final int number;
    private @Nullable Endpoint chosen;
    private Cancellable timer = Cancellable.NONE;
    private boolean wasSent;
    private boolean done;

    Try(Call call, int number) {
      this.call = call;
      this.number = number;
    }

    void finish() {
      if (!done) {
        done = true;
        timer.cancel();
        call.live.remove(this);
        if (chosen != null) {
          inFlight.decrementAndGet();
        }
      }
    }

    @Override
    public int number() {
      return number;
    }

    @Override
    public OutboundCall call() {
      return call;
    }

    @Override
    public Cluster cluster() {
      return call.pinned;
    }

    @Override
    public Pick pick(Usable usable) {
      if (done) {
        violations.add("pick after the end");
      }
      List<Endpoint> all =
          call.pinned.localities().isEmpty()
              ? List.of()
              : call.pinned.localities().get(0).endpoints();
      if (all.isEmpty()) {
        finish();
        call.give(Reason.NO_HEALTHY_ENDPOINT, "no endpoint");
        return Pick.REFUSED;
      }
      int start = next.getAndIncrement();
      for (int i = 0; i < all.size() && number == 1; i++) {
        if (all.get(i).address().getPort() == firstChoice) {
          start = i;
        }
      }
      for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < all.size(); i++) {
          Endpoint candidate = all.get(Math.floorMod(start + i, all.size()));
          if (usable.usable(candidate)
              && (pass == 1 || !call.tried.contains(candidate.address()))) {
            chosen = candidate;
            call.tried.add(candidate.address());
            inFlight.incrementAndGet();
            return Pick.PICKED;
          }
        }
      }
      return Pick.NONE;
    }

    @Override
    public Endpoint endpoint() {
      Endpoint picked = chosen;
      if (picked == null) {
        throw new IllegalStateException("nothing picked");
      }
      return picked;
    }

    @Override
    public @Nullable TlsGeneration tls() {
      return null;
    }

    @Override
    public void decorate(RequestHead head) {
      head.headers().set("x-attempt", Integer.toString(number));
    }

    @Override
    public void sent() {
      wasSent = true;
    }

    @Override
    public void requestEnd() {}

    @Override
    public void head(ResponseHead head) {
      call.serial(
          "head",
          () -> {
            if (!call.delivered
                && !call.lost
                && call.number <= retries
                && retryOn.contains(head.grpcStatus())) {
              finish();
              call.transport.abandon(this);
              call.attempt();
            } else {
              call.delivered = true;
              timer.cancel();
              call.transport.deliver(this);
            }
          });
    }

    @Override
    public void progress() {}

    @Override
    public void end(int grpcStatus, @Nullable Headers trailers) {
      call.serial(
          "end",
          () -> {
            if (!done) {
              finish();
              call.finish();
            }
          });
    }

    @Override
    public void failed(Failure failure, @Nullable Throwable cause) {
      call.serial(
          "failed",
          () -> {
            if (!done) {
              failures.add(failure);
              finish();
              boolean untouched = failure.unprocessed() && (call.options.replayable() || !wasSent);
              boolean harmless =
                  Boolean.TRUE.equals(call.idempotent()) && call.options.replayable();
              boolean safe = untouched || harmless;
              call.again(Reason.CONNECTION_TERMINATED, failure + ": " + cause, safe);
            }
          });
    }
  }
}
