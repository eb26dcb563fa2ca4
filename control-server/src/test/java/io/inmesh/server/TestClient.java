package io.inmesh.server;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.Port;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A process of the mesh, as the server sees it: one connection with any number of streams. */
final class TestClient implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final ManagedChannel channel;

  TestClient(InetSocketAddress address) {
    channel =
        Grpc.newChannelBuilder(
                address.getAddress().getHostAddress() + ":" + address.getPort(),
                InsecureChannelCredentials.create())
            .build();
  }

  Registration register(String service, String id, String version, int port) {
    Registration registration = new Registration();
    registration.requests = RegistryGrpc.newStub(channel).register(registration);
    registration.send(
        RegisterRequest.newBuilder()
            .setRegister(
                Instance.newBuilder()
                    .setService(service)
                    .setId(id)
                    .setVersion(version)
                    .addPorts(Port.newBuilder().setName("http").setInstancePort(port)))
            .build());
    return registration;
  }

  Subscription subscribe(String typeUrl, String... names) {
    Subscription subscription = new Subscription(typeUrl, names);
    subscription.requests =
        AggregatedDiscoveryServiceGrpc.newStub(channel).streamAggregatedResources(subscription);
    subscription.request("", "");
    return subscription;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  /** Whatever a stream says, in order: messages, then its status. */
  static class Inbox<T> implements StreamObserver<T> {
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

    @Override
    public void onNext(T message) {
      events.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      events.add(Status.fromThrowable(failure));
    }

    @Override
    public void onCompleted() {
      events.add(Status.OK);
    }

    Object event() throws InterruptedException {
      Object event = events.poll(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      if (event == null) {
        throw new AssertionError("nothing came within " + DEADLINE);
      }
      return event;
    }

    @SuppressWarnings("unchecked")
    T next() throws InterruptedException {
      Object event = event();
      if (event instanceof Status status) {
        throw new AssertionError("the stream ended: " + status);
      }
      return (T) event;
    }

    Status end() throws InterruptedException {
      while (true) {
        if (event() instanceof Status status) {
          return status;
        }
      }
    }
  }

  static final class Registration extends Inbox<RegisterResponse> {
    private StreamObserver<RegisterRequest> requests = new Inbox<>();

    void send(RegisterRequest request) {
      requests.onNext(request);
    }

    void breakOff() {
      requests.onError(Status.CANCELLED.asRuntimeException());
    }
  }

  /** Acknowledges everything. */
  static final class Subscription extends Inbox<DiscoveryResponse> {
    private final String typeUrl;
    private final String[] names;
    private StreamObserver<DiscoveryRequest> requests = new Inbox<>();

    Subscription(String typeUrl, String... names) {
      this.typeUrl = typeUrl;
      this.names = names;
    }

    void request(String version, String nonce) {
      requests.onNext(
          DiscoveryRequest.newBuilder()
              .setNode(Node.newBuilder().setId("web.default/1").setCluster("web"))
              .setTypeUrl(typeUrl)
              .addAllResourceNames(java.util.List.of(names))
              .setVersionInfo(version)
              .setResponseNonce(nonce)
              .build());
    }

    /** Takes responses, acknowledging each, until one has a resource that fits. */
    <M extends com.google.protobuf.Message> M until(
        Class<M> type, java.util.function.Predicate<M> fits) throws Exception {
      while (true) {
        DiscoveryResponse response = next();
        request(response.getVersionInfo(), response.getNonce());
        for (Any resource : response.getResourcesList()) {
          M message = resource.unpack(type);
          if (fits.test(message)) {
            return message;
          }
        }
      }
    }
  }
}
