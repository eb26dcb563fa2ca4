package io.inmesh.server.ads;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.envoyproxy.envoy.config.core.v3.ControlPlane;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * {@code envoy.service.discovery.v3.AggregatedDiscoveryService} over a {@link ResourceStore}: both
 * {@code StreamAggregatedResources} and {@code DeltaAggregatedResources}, for any client. Bind one
 * instance to as many gRPC servers as there are ports. Until the store is ready, streams are closed
 * with {@code UNAVAILABLE}. Thread-safe.
 */
public final class AdsService implements BindableService, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(AdsService.class.getName());
  private static final int WATCHDOG_FRACTION = 3;

  private final AdsEnvironment env;
  private final ControlLoop loop;
  private final Executor pool;
  private final @Nullable ExecutorService ownPool;
  private final StreamAdmission admission;
  private final ClientRegistry clients;
  private final ObservableLongGauge gauge;
  private final AtomicLong connections = new AtomicLong();
  private volatile Cancellable watchdog;
  private volatile boolean closed;

  private AdsService(Builder builder) {
    AdsMetrics metrics = new AdsMetrics(builder.meter);
    env =
        new AdsEnvironment(
            builder.store,
            builder.views,
            builder.absence,
            builder.limits,
            new Allowance(builder.limits.queuedBytes(), builder.loop),
            metrics,
            builder.loop.clock(),
            ControlPlane.newBuilder().setIdentifier(builder.identifier).build());
    loop = builder.loop;
    admission = builder.admission;
    clients = new ClientRegistry(env, loop);
    Executor given = builder.executor;
    if (given == null) {
      ownPool = newPool();
      pool = ownPool;
    } else {
      ownPool = null;
      pool = given;
    }
    gauge =
        metrics.observeClients(
            () ->
                clients.streams().stream()
                    .collect(
                        Collectors.groupingBy(
                            stream -> stream.client().kind(), Collectors.counting())));
    watchdog = loop.schedule(watchdogNanos(), this::watch);
  }

  private static ExecutorService newPool() {
    AtomicInteger number = new AtomicInteger();
    return Executors.newFixedThreadPool(
        Runtime.getRuntime().availableProcessors(),
        task -> {
          Thread thread = new Thread(task, "inmesh-ads-" + number.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /**
   * Starts to describe an engine.
   *
   * @param store what to serve
   * @param loop measures time and runs the watchdog; the engine does not close it
   */
  public static Builder builder(ResourceStore store, ControlLoop loop) {
    return new Builder(store, loop);
  }

  /** The clients connected to this engine. */
  public ClientRegistry clients() {
    return clients;
  }

  /** Ends every stream whose client would not be admitted now, after a change of what decides. */
  public void review() {
    clients.streams().forEach(AdsStream::review);
  }

  @Override
  public ServerServiceDefinition bindService() {
    MethodDescriptor<InboundFrame<DiscoveryRequest>, ResponseBytes> sotw =
        method("StreamAggregatedResources", DiscoveryRequest.parser());
    MethodDescriptor<InboundFrame<DeltaDiscoveryRequest>, ResponseBytes> delta =
        method("DeltaAggregatedResources", DeltaDiscoveryRequest.parser());
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(AggregatedDiscoveryServiceGrpc.SERVICE_NAME)
            .setSchemaDescriptor(
                AggregatedDiscoveryServiceGrpc.getServiceDescriptor().getSchemaDescriptor())
            .addMethod(sotw)
            .addMethod(delta)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(
            sotw,
            (call, headers) ->
                start(
                    call,
                    (id, out, admit) -> new SotwStream(env, id, out, pool, admit, clients::remove),
                    SotwStream::request))
        .addMethod(
            delta,
            (call, headers) ->
                start(
                    call,
                    (id, out, admit) -> new DeltaStream(env, id, out, pool, admit, clients::remove),
                    DeltaStream::request))
        .build();
  }

  private <T extends Message> MethodDescriptor<InboundFrame<T>, ResponseBytes> method(
      String name, Parser<T> parser) {
    return MethodDescriptor.<InboundFrame<T>, ResponseBytes>newBuilder()
        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
        .setFullMethodName(
            MethodDescriptor.generateFullMethodName(
                AggregatedDiscoveryServiceGrpc.SERVICE_NAME, name))
        .setRequestMarshaller(InboundFrame.marshaller(parser, env.limits().requestBytes()))
        .setResponseMarshaller(ResponseBytes.MARSHALLER)
        .build();
  }

  private interface StreamFactory<S extends AdsStream> {
    S create(long id, AdsOutbound outbound, Function<Node, Supplier<Status>> admission);
  }

  private <T extends Message, S extends AdsStream> ServerCall.Listener<InboundFrame<T>> start(
      ServerCall<InboundFrame<T>, ResponseBytes> call,
      StreamFactory<S> factory,
      BiConsumer<S, InboundFrame<T>> onRequest) {
    Status refusal = refusal();
    if (!refusal.isOk()) {
      call.close(refusal, new Metadata());
      return new ServerCall.Listener<>() {};
    }
    Context context = Context.current();
    S stream =
        factory.create(
            connections.incrementAndGet(),
            new CallOutbound(call),
            node -> admission.claim(node, call.getAttributes(), context));
    Object remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    clients.add(stream, remote == null ? "" : remote.toString());
    // What is less passes without asking, so nobody has to hear when it is written.
    call.setOnReadyThreshold(env.allowance().large());
    call.sendHeaders(new Metadata());
    call.request(1);
    return new ServerCall.Listener<>() {
      @Override
      public void onMessage(InboundFrame<T> frame) {
        onRequest.accept(stream, frame);
      }

      @Override
      public void onReady() {
        stream.ready();
      }

      @Override
      public void onHalfClose() {
        stream.disconnect(Status.OK);
      }

      @Override
      public void onCancel() {
        stream.cancelled();
      }

      @Override
      public void onComplete() {
        stream.cancelled();
      }
    };
  }

  private Status refusal() {
    if (closed) {
      return Status.UNAVAILABLE.withDescription("the control server is shutting down");
    }
    if (!env.store().isReady()) {
      return Status.UNAVAILABLE.withDescription(
          "the control server has not read all its sources yet");
    }
    if (clients.size() >= env.limits().streams()) {
      return Status.RESOURCE_EXHAUSTED.withDescription(
          "the control server serves " + env.limits().streams() + " streams already");
    }
    return Status.OK;
  }

  private long watchdogNanos() {
    return env.limits().staleAfter().toNanos() / WATCHDOG_FRACTION;
  }

  private void watch() {
    if (closed) {
      return;
    }
    long now = env.clock().nanoTime();
    clients.streams().forEach(stream -> stream.tick(now));
    watchdog = loop.schedule(watchdogNanos(), this::watch);
  }

  /**
   * Sends all clients away, evenly spread over a time so that they do not all come back at once,
   * and refuses new streams.
   */
  public void drain(Duration over) {
    closed = true;
    List<AdsStream> streams = new ArrayList<>(clients.streams());
    Status status = Status.UNAVAILABLE.withDescription("the control server is shutting down");
    for (int i = 0; i < streams.size(); i++) {
      AdsStream stream = streams.get(i);
      loop.schedule(
          over.toNanos() / Math.max(1, streams.size()) * i, () -> stream.disconnect(status));
    }
  }

  /** Disconnects all clients at once and releases the engine's threads. */
  @Override
  public void close() {
    closed = true;
    watchdog.cancel();
    gauge.close();
    clients.disconnect(
        client -> true, Status.UNAVAILABLE.withDescription("the control server is shutting down"));
    if (ownPool != null) {
      ownPool.shutdown();
    }
    LOG.log(System.Logger.Level.DEBUG, "ADS engine closed");
  }

  /** Describes an engine; what is not set has a usable default. Not thread-safe. */
  public static final class Builder {
    private final ResourceStore store;
    private final ControlLoop loop;
    private ViewSelector views = ViewSelector.DEFAULT;
    private Absence absence = Absence.PLAIN;
    private AdsLimits limits = AdsLimits.DEFAULT;
    private StreamAdmission admission = StreamAdmission.ALL;
    private Meter meter = OpenTelemetry.noop().getMeter("io.inmesh.server.ads");
    private @Nullable Executor executor;
    private String identifier = "";

    private Builder(ResourceStore store, ControlLoop loop) {
      this.store = store;
      this.loop = loop;
    }

    /** Which variants clients see; by default everyone sees the default view. */
    @CanIgnoreReturnValue
    public Builder views(ViewSelector views) {
      this.views = views;
      return this;
    }

    /** What clients are told of names that do not exist; by default only that. */
    @CanIgnoreReturnValue
    public Builder absence(Absence absence) {
      this.absence = absence;
      return this;
    }

    /** Bounds; by default {@link AdsLimits#DEFAULT}. */
    @CanIgnoreReturnValue
    public Builder limits(AdsLimits limits) {
      this.limits = limits;
      return this;
    }

    /** Who may connect; by default everyone. */
    @CanIgnoreReturnValue
    public Builder admission(StreamAdmission admission) {
      this.admission = admission;
      return this;
    }

    /** Where measurements go; by default nowhere. */
    @CanIgnoreReturnValue
    public Builder meter(Meter meter) {
      this.meter = meter;
      return this;
    }

    /** The threads that run the streams; by default as many of its own as there are processors. */
    @CanIgnoreReturnValue
    public Builder executor(Executor executor) {
      this.executor = executor;
      return this;
    }

    /** How this server introduces itself to clients; by default not at all. */
    @CanIgnoreReturnValue
    public Builder identifier(String identifier) {
      this.identifier = identifier;
      return this;
    }

    /** The engine. */
    public AdsService build() {
      return new AdsService(this);
    }
  }
}
