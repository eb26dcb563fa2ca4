package io.inmesh.benchmarks.control;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DeltaDiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Many xDS clients in one process, each with a stream of its own: they ask for the four resources
 * of their services, acknowledge what comes, and count it. They introduce themselves as our library
 * does and, when they connect again, name what they hold as it does. They share connections,
 * because it is streams and not sockets that cost a control server. Thread-safe.
 */
final class XdsSwarm implements AutoCloseable {
  private static final String TYPE = "type.googleapis.com/envoy.config.";

  /** What a client asks for, in the order in which it needs it. */
  enum Kind {
    LISTENER("listener.v3.Listener"),
    ROUTES("route.v3.RouteConfiguration"),
    CLUSTER("cluster.v3.Cluster"),
    ENDPOINTS("endpoint.v3.ClusterLoadAssignment");

    final String url;

    Kind(String message) {
      this.url = TYPE + message;
    }

    List<String> names(int service) {
      String host = "service" + service + ".default.svc.cluster.local";
      return List.of(this == LISTENER || this == ROUTES ? host + ":80" : "outbound|80||" + host);
    }

    static @Nullable Kind of(String url) {
      for (Kind kind : values()) {
        if (kind.url.equals(url)) {
          return kind;
        }
      }
      return null;
    }
  }

  /** By which the server knows our library. */
  private static final Struct LIBRARY =
      Struct.newBuilder()
          .putFields("inmesh.version", Value.newBuilder().setStringValue("0.1").build())
          .build();

  /** Where a service's number stands in the name of its endpoints. */
  private static final int NUMBER = "outbound|80||service".length();

  private final Watches watches;
  private final Map<Integer, List<EndpointChange>> changes = new ConcurrentHashMap<>();
  private final boolean delta;
  private final boolean forgetful;
  private final int streams;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final List<Client> clients = new ArrayList<>();
  final LongAdder responses = new LongAdder();
  final LongAdder bytes = new LongAdder();
  private volatile CountDownLatch synced = new CountDownLatch(0);
  private volatile @Nullable Expectation expectation;

  /** A change that is under way: who is to hear of it, and when each did. */
  private static final class Expectation {
    final Kind kind;
    final CountDownLatch arrived;

    Expectation(Kind kind, int clients) {
      this.kind = kind;
      this.arrived = new CountDownLatch(clients);
    }
  }

  /**
   * Makes the clients; they are not connected yet.
   *
   * @param watches what each of them watches
   * @param delta whether they speak incremental xDS
   * @param forgetful whether they hold nothing when they connect again, as after a restart
   * @param streams that share a connection
   */
  XdsSwarm(Watches watches, boolean delta, boolean forgetful, int streams) {
    this.watches = watches;
    this.delta = delta;
    this.forgetful = forgetful;
    this.streams = streams;
    for (int i = 0; i < watches.clients(); i++) {
      clients.add(new Client(i, watches.byClient().get(i)));
    }
  }

  /** By which a client is known. */
  static String nodeId(int number) {
    return "client" + number + ".default/1";
  }

  /** How many clients watch a service. */
  int watching(int service) {
    return watches.of(service).size();
  }

  /** An endpoint comes or goes now; the clients look for it from now on. */
  EndpointChange expect(int service, String address, boolean present) {
    EndpointChange change =
        new EndpointChange(address, present, watching(service), watches.clients());
    changes.computeIfAbsent(service, key -> new CopyOnWriteArrayList<>()).add(change);
    return change;
  }

  /** Nobody looks for changes any more. */
  void forgetChanges() {
    changes.clear();
  }

  /** Connects all and waits until each has everything; gives the milliseconds it took. */
  double connect(InetSocketAddress server) throws InterruptedException {
    disconnect();
    synced = new CountDownLatch(clients.size());
    long start = System.nanoTime();
    for (int i = 0; i < clients.size(); i++) {
      if (i % streams == 0) {
        channels.add(NettyChannelBuilder.forAddress(server).usePlaintext().build());
      }
      clients.get(i).connect(channels.get(channels.size() - 1));
    }
    await(synced, "to be synced");
    return (System.nanoTime() - start) / 1e6;
  }

  /** Makes a change and waits until the clients that watch have it; gives the milliseconds. */
  double change(Kind kind, int service, Runnable change) throws InterruptedException {
    Expectation expected = new Expectation(kind, watching(service));
    expectation = expected;
    long start = System.nanoTime();
    change.run();
    await(expected.arrived, "to hear of the change");
    expectation = null;
    return (System.nanoTime() - start) / 1e6;
  }

  private static void await(CountDownLatch latch, String what) throws InterruptedException {
    if (!latch.await(120, TimeUnit.SECONDS)) {
      throw new IllegalStateException(latch.getCount() + " clients still wait " + what);
    }
  }

  private void disconnect() {
    channels.forEach(ManagedChannel::shutdownNow);
    channels.clear();
  }

  @Override
  public void close() {
    disconnect();
  }

  /** What a client says, in one variant of the protocol or the other. */
  private interface Requests {
    void subscribe(Kind kind, Held held, List<String> names);

    void acknowledge(Kind kind, String version, String nonce, List<String> names);
  }

  /** What a client has of one kind, from this stream or the one before. */
  private static final class Held {
    final Map<String, String> versions = new HashMap<>();
    String version = "";
    int resources;
    boolean answered;
  }

  /** One client; its stream calls it serially. */
  private final class Client {
    private final int number;
    private final Node node;
    private final List<Integer> services;
    private final Map<Kind, List<String>> wanted = new HashMap<>();
    private final Map<Kind, Held> have = new EnumMap<>(Kind.class);
    private @Nullable Requests requests;
    private boolean counted;

    Client(int number, List<Integer> services) {
      this.number = number;
      this.node = Node.newBuilder().setId(nodeId(number)).setMetadata(LIBRARY).build();
      this.services = services;
      for (Kind kind : Kind.values()) {
        wanted.put(kind, services.stream().flatMap(s -> kind.names(s).stream()).toList());
      }
    }

    void connect(ManagedChannel channel) {
      counted = false;
      for (Kind kind : Kind.values()) {
        Held held = held(kind);
        if (forgetful) {
          have.put(kind, new Held());
        } else {
          held.answered = false;
        }
      }
      var ads = AggregatedDiscoveryServiceGrpc.newStub(channel);
      Requests opened =
          delta
              ? incremental(ads.deltaAggregatedResources(new Listening<>(this::incremental)))
              : worldly(ads.streamAggregatedResources(new Listening<>(this::worldly)));
      requests = opened;
      for (Kind kind : Kind.values()) {
        opened.subscribe(kind, held(kind), wanted.getOrDefault(kind, List.of()));
      }
    }

    private Requests worldly(StreamObserver<DiscoveryRequest> stream) {
      return new Requests() {
        @Override
        public void subscribe(Kind kind, Held held, List<String> names) {
          acknowledge(kind, held.version, "", names);
        }

        @Override
        public void acknowledge(Kind kind, String version, String nonce, List<String> names) {
          stream.onNext(
              DiscoveryRequest.newBuilder()
                  .setNode(node)
                  .setTypeUrl(kind.url)
                  .setVersionInfo(version)
                  .setResponseNonce(nonce)
                  .addAllResourceNames(names)
                  .build());
        }
      };
    }

    private Requests incremental(StreamObserver<DeltaDiscoveryRequest> stream) {
      return new Requests() {
        @Override
        public void subscribe(Kind kind, Held held, List<String> names) {
          stream.onNext(
              DeltaDiscoveryRequest.newBuilder()
                  .setNode(node)
                  .setTypeUrl(kind.url)
                  .addAllResourceNamesSubscribe(names)
                  .putAllInitialResourceVersions(held.versions)
                  .build());
        }

        @Override
        public void acknowledge(Kind kind, String version, String nonce, List<String> names) {
          stream.onNext(
              DeltaDiscoveryRequest.newBuilder()
                  .setNode(node) // the first is enough, but java-control-plane wants it in each
                  .setTypeUrl(kind.url)
                  .setResponseNonce(nonce)
                  .build());
        }
      };
    }

    private void worldly(DiscoveryResponse response) {
      bytes.add(response.getSerializedSize());
      Kind kind = Kind.of(response.getTypeUrl());
      if (kind != null) {
        Held held = held(kind);
        if (kind == Kind.ENDPOINTS && !changes.isEmpty()) {
          look(held, response.getResourcesList().stream().map(Any::getValue).toList());
        }
        held.resources = Math.max(held.resources, response.getResourcesCount());
        held.version = response.getVersionInfo();
        received(kind, response.getVersionInfo(), response.getNonce());
      }
    }

    private void incremental(DeltaDiscoveryResponse response) {
      bytes.add(response.getSerializedSize());
      Kind kind = Kind.of(response.getTypeUrl());
      if (kind != null) {
        Held held = held(kind);
        if (kind == Kind.ENDPOINTS && !changes.isEmpty()) {
          look(
              held,
              response.getResourcesList().stream().map(r -> r.getResource().getValue()).toList());
        }
        response.getResourcesList().forEach(r -> held.versions.put(r.getName(), r.getVersion()));
        held.resources = held.versions.size();
        received(kind, "", response.getNonce());
      }
    }

    /**
     * Looks for the changes in what came. The first answer to a client that named what it holds
     * leaves out what is still so: the state in which the server says it is, it was told before.
     */
    private void look(Held held, List<ByteString> sent) {
      Set<Integer> told = new HashSet<>();
      for (ByteString endpoints : sent) {
        int service = service(endpoints);
        told.add(service);
        of(service).forEach(change -> change.look(number, endpoints));
      }
      if (!held.answered && held.resources > 0) {
        for (int service : services) {
          if (!told.contains(service)) {
            of(service).forEach(change -> change.has(number));
          }
        }
      }
    }

    private List<EndpointChange> of(int service) {
      return changes.getOrDefault(service, List.of());
    }

    private void received(Kind kind, String version, String nonce) {
      responses.increment();
      held(kind).answered = true;
      Requests stream = requests;
      if (stream == null) {
        return;
      }
      stream.acknowledge(kind, version, nonce, wanted.getOrDefault(kind, List.of()));
      if (!counted && complete()) {
        counted = true;
        synced.countDown();
      }
      Expectation expected = expectation;
      if (expected != null && expected.kind == kind) {
        expected.arrived.countDown();
      }
    }

    private Held held(Kind kind) {
      return have.computeIfAbsent(kind, k -> new Held());
    }

    private boolean complete() {
      for (Kind kind : Kind.values()) {
        Held held = held(kind);
        if (!held.answered || held.resources < services.size()) {
          return false;
        }
      }
      return true;
    }
  }

  /** Of a ClusterLoadAssignment, whose name comes first. */
  private static int service(ByteString endpoints) {
    try {
      CodedInputStream in = endpoints.newCodedInput();
      in.readTag();
      String name = in.readString();
      return Integer.parseInt(name.substring(NUMBER, name.indexOf('.')));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How a stream ends is of no interest: clients that miss something are waited for. */
  private record Listening<T>(Consumer<T> to) implements StreamObserver<T> {
    @Override
    public void onNext(T response) {
      to.accept(response);
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
