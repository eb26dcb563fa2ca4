package io.inmesh.server.ads;

import static io.inmesh.server.Eventually.await;
import static io.inmesh.server.ads.Engine.CDS;
import static io.inmesh.server.ads.Engine.EDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.inmesh.control.ManualClock;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The service behind a real gRPC server, seen by the generated stubs. */
class AdsServiceTest {
  private final ManualClock clock = new ManualClock();
  private final ResourceStore store = new ResourceStore(clock);
  private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
  private final SdkMeterProvider meters =
      SdkMeterProvider.builder().registerMetricReader(metrics).build();
  private final List<Runnable> cleanups = new ArrayList<>();
  private final AdsService service =
      AdsService.builder(store, clock)
          .meter(meters.get("test"))
          .identifier("server-1")
          .limits(AdsLimits.DEFAULT)
          .build();

  /** Collects what comes. */
  private static final class Collector<T> implements StreamObserver<T> {
    final LinkedBlockingQueue<Object> events = new LinkedBlockingQueue<>();

    @Override
    public void onNext(T value) {
      events.add(value);
    }

    @Override
    public void onError(Throwable error) {
      events.add(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      events.add(Status.OK);
    }

    <E> E next(Class<E> type) throws InterruptedException {
      Object event = events.poll(40, TimeUnit.SECONDS);
      assertThat(event).isInstanceOf(type);
      return type.cast(event);
    }
  }

  private AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceStub inProcess()
      throws Exception {
    String name = InProcessServerBuilder.generateName();
    Server server = InProcessServerBuilder.forName(name).addService(service).build().start();
    ManagedChannel channel = InProcessChannelBuilder.forName(name).build();
    cleanups.add(channel::shutdownNow);
    cleanups.add(server::shutdownNow);
    return AggregatedDiscoveryServiceGrpc.newStub(channel);
  }

  private AggregatedDiscoveryServiceGrpc.AggregatedDiscoveryServiceStub overNetty()
      throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(service)
            .build()
            .start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
            .usePlaintext()
            .maxInboundMessageSize(64 << 20)
            .build();
    cleanups.add(channel::shutdownNow);
    cleanups.add(server::shutdownNow);
    return AggregatedDiscoveryServiceGrpc.newStub(channel);
  }

  @AfterEach
  void close() {
    service.close();
    cleanups.forEach(Runnable::run);
    meters.close();
  }

  private void publish(String type, String name, int content) {
    store.publish(
        ResourceBatch.builder()
            .upsert(type, name, ResourceStore.DEFAULT_VIEW, Engine.resource(type, name, content))
            .build());
  }

  private static DiscoveryRequest.Builder first(String type, String... names) {
    return DiscoveryRequest.newBuilder()
        .setNode(Engine.node("n", ClientKind.GRPC))
        .setTypeUrl(type)
        .addAllResourceNames(List.of(names));
  }

  @Test
  void beforeTheFirstSync_streamsAreRefused() throws Exception {
    Collector<DiscoveryResponse> collector = new Collector<>();
    inProcess().streamAggregatedResources(collector).onNext(first(CDS, "a").build());
    Status status = collector.next(Status.class);
    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).contains("not read all its sources");
  }

  @Test
  void stateOfTheWorld_worksOverNettyAndInProcess() throws Exception {
    store.markReady();
    publish(CDS, "a", 1);
    for (var stub : List.of(inProcess(), overNetty())) {
      Collector<DiscoveryResponse> collector = new Collector<>();
      StreamObserver<DiscoveryRequest> requests = stub.streamAggregatedResources(collector);
      requests.onNext(first(CDS, "a").build());
      DiscoveryResponse response = collector.next(DiscoveryResponse.class);
      assertThat(Engine.names(response)).containsExactly("a");
      assertThat(response.getControlPlane().getIdentifier()).isEqualTo("server-1");
      requests.onCompleted();
      assertThat(collector.next(Status.class)).isEqualTo(Status.OK);
    }
  }

  @Test
  void delta_worksOverNettyAndInProcess() throws Exception {
    store.markReady();
    publish(EDS, "a", 1);
    for (var stub : List.of(inProcess(), overNetty())) {
      Collector<DeltaDiscoveryResponse> collector = new Collector<>();
      StreamObserver<DeltaDiscoveryRequest> requests = stub.deltaAggregatedResources(collector);
      requests.onNext(
          DeltaDiscoveryRequest.newBuilder()
              .setNode(Engine.node("n", ClientKind.INMESH))
              .setTypeUrl(EDS)
              .addResourceNamesSubscribe("a")
              .build());
      assertThat(Engine.names(collector.next(DeltaDiscoveryResponse.class))).containsExactly("a");
    }
  }

  @Test
  void largeResponse_arrivesWhole() throws Exception {
    store.markReady();
    ResourceBatch.Builder batch = ResourceBatch.builder();
    for (int i = 0; i < 20_000; i++) {
      batch.upsert(CDS, "c" + i, ResourceStore.DEFAULT_VIEW, Engine.resource(CDS, "c" + i, i));
    }
    store.publish(batch.build());
    Collector<DiscoveryResponse> collector = new Collector<>();
    overNetty().streamAggregatedResources(collector).onNext(first(CDS).build());
    assertThat(collector.next(DiscoveryResponse.class).getResourcesCount()).isEqualTo(20_000);
  }

  @Test
  void drain_sendsClientsAwaySpreadOverTime_andRefusesNewOnes() throws Exception {
    store.markReady();
    var stub = inProcess();
    List<Collector<DiscoveryResponse>> collectors = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Collector<DiscoveryResponse> collector = new Collector<>();
      stub.streamAggregatedResources(collector).onNext(first(CDS, "a").build());
      collector.next(DiscoveryResponse.class);
      collectors.add(collector);
    }
    service.drain(Duration.ofSeconds(20));
    clock.advanceMillis(6_000);
    await(
        "two streams have ended",
        () -> collectors.stream().filter(c -> !c.events.isEmpty()).count() == 2);
    clock.advanceMillis(20_000);
    for (Collector<DiscoveryResponse> collector : collectors) {
      assertThat(collector.next(Status.class).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    }
    Collector<DiscoveryResponse> late = new Collector<>();
    stub.streamAggregatedResources(late).onNext(first(CDS, "a").build());
    assertThat(late.next(Status.class).getDescription()).contains("shutting down");
  }

  @Test
  void instruments_haveIstiodsNames() throws Exception {
    store.markReady();
    publish(EDS, "a", 1);
    Collector<DiscoveryResponse> collector = new Collector<>();
    StreamObserver<DiscoveryRequest> requests = inProcess().streamAggregatedResources(collector);
    requests.onNext(first(EDS, "a").build());
    DiscoveryResponse response = collector.next(DiscoveryResponse.class);
    requests.onNext(first(EDS, "a").clearNode().setResponseNonce(response.getNonce()).build());
    // A change that goes out with the answer to an acknowledgement is measured as part of that.
    int pushes = 1;
    while (!recorded("pilot_proxy_convergence_time")) {
      assertThat(pushes).as("changes without a convergence").isLessThan(1000);
      publish(EDS, "a", ++pushes);
      response = collector.next(DiscoveryResponse.class);
      requests.onNext(first(EDS, "a").clearNode().setResponseNonce(response.getNonce()).build());
    }
    publish(EDS, "a", ++pushes);
    response = collector.next(DiscoveryResponse.class);
    requests.onNext(
        first(EDS, "a")
            .clearNode()
            .setResponseNonce(response.getNonce())
            .setErrorDetail(com.google.rpc.Status.newBuilder().setCode(3))
            .build());
    requests.onCompleted();
    collector.next(Status.class);
    long pushed = pushes;
    assertThat(metrics.collectAllMetrics())
        .extracting(metric -> metric.getName())
        .contains(
            "pilot_xds_pushes",
            "pilot_total_xds_rejects",
            "pilot_xds_config_size_bytes",
            "pilot_xds_push_time",
            "pilot_proxy_queue_time",
            "pilot_proxy_convergence_time");
    assertThat(metrics.collectAllMetrics())
        .filteredOn(metric -> metric.getName().equals("pilot_xds_pushes"))
        .singleElement()
        .satisfies(
            metric ->
                assertThat(metric.getLongSumData().getPoints())
                    .singleElement()
                    .satisfies(
                        point -> {
                          assertThat(point.getValue()).isEqualTo(pushed);
                          assertThat(point.getAttributes().asMap()).containsValue("eds");
                        }));
  }

  private boolean recorded(String instrument) {
    return metrics.collectAllMetrics().stream()
        .anyMatch(metric -> metric.getName().equals(instrument));
  }
}
