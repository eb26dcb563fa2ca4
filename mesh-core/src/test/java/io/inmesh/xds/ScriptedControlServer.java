package io.inmesh.xds;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import com.google.rpc.Code;
import io.envoyproxy.envoy.service.discovery.v3.AggregatedDiscoveryServiceGrpc;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.discovery.v3.ResourceError;
import io.envoyproxy.envoy.service.discovery.v3.ResourceName;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.ProtoUtils;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.inmesh.wire.registration.v1.Deregistered;
import io.inmesh.wire.registration.v1.Drained;
import io.inmesh.wire.registration.v1.HealthChanged;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.wire.registration.v1.RegisterRequest;
import io.inmesh.wire.registration.v1.RegisterResponse;
import io.inmesh.wire.registration.v1.Registered;
import io.inmesh.wire.registration.v1.RegistryGrpc;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A control server that says what a test tells it to, honest by default: state of the world, only
 * what was asked for, unknown names at once. Thread-safe.
 */
public final class ScriptedControlServer implements AutoCloseable {
  private final Server server;
  private final Map<String, Map<String, Message>> resources = new HashMap<>();
  private final List<Stream> streams = new ArrayList<>();
  private final List<DiscoveryRequest> requests = new CopyOnWriteArrayList<>();
  private final List<RegisterRequest> registrations = new CopyOnWriteArrayList<>();
  private volatile BiPredicate<Stream, DiscoveryRequest> script = (stream, request) -> false;
  private volatile @Nullable Status refusal;
  private int version;
  private int opened;

  /** Serves on a free loopback port. */
  public ScriptedControlServer() {
    this(0);
  }

  /** Serves on this loopback port. */
  public ScriptedControlServer(int port) {
    server = bound(port);
  }

  /**
   * A port that was just given up may be taken for a moment by the very client that tries to reach
   * it: on loopback its own outgoing port can be the one it connects to.
   */
  private Server bound(int port) {
    long limit = System.nanoTime() + 10_000_000_000L;
    while (true) {
      try {
        return NettyServerBuilder.forAddress(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .addService(ads())
            .addService(new Registry())
            .build()
            .start();
      } catch (IOException e) {
        if (System.nanoTime() > limit) {
          throw new IllegalStateException(e);
        }
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** Where it listens. */
  public int port() {
    return server.getPort();
  }

  /** {@code 127.0.0.1:port}. */
  public String target() {
    return "127.0.0.1:" + port();
  }

  /** Adds or replaces resources and pushes them to whoever asked. */
  public synchronized void put(Message... messages) {
    version++;
    Map<String, Set<String>> changed = new LinkedHashMap<>();
    for (Message message : messages) {
      String url = url(message);
      String name = name(message);
      resources.computeIfAbsent(url, added -> new TreeMap<>()).put(name, message);
      changed.computeIfAbsent(url, added -> new LinkedHashSet<>()).add(name);
    }
    streams.forEach(stream -> changed.forEach(stream::push));
  }

  /** A complete service: listener, routes to one cluster, its endpoints. */
  public void service(String listener, String cluster, int... ports) {
    put(
        Protos.endpoints(cluster, ports),
        Protos.cluster(cluster),
        Protos.routes(listener, cluster),
        Protos.listener(listener));
  }

  /** Removes a resource and tells whoever asked. */
  public synchronized void remove(Message message) {
    version++;
    resources.getOrDefault(url(message), new TreeMap<>()).remove(name(message));
    streams.forEach(stream -> stream.push(url(message), Set.of(name(message))));
  }

  /** Takes requests before the honest part does; true: handled. */
  public void script(BiPredicate<Stream, DiscoveryRequest> value) {
    script = value;
  }

  /** Ends each new ADS stream with this status; null: no more. */
  public void refuse(@Nullable Status status) {
    refusal = status;
  }

  /** Every ADS request so far. */
  public List<DiscoveryRequest> requests() {
    return requests;
  }

  /** Every registration message so far. */
  public List<RegisterRequest> registrations() {
    return registrations;
  }

  /** What was announced last. */
  public Instance lastInstance() {
    for (int i = registrations.size() - 1; i >= 0; i--) {
      if (registrations.get(i).hasRegister()) {
        return registrations.get(i).getRegister();
      }
    }
    return Instance.getDefaultInstance();
  }

  /** The open ADS streams. */
  public synchronized List<Stream> streams() {
    return List.copyOf(streams);
  }

  /** How many ADS streams were ever opened. */
  public synchronized int opened() {
    return opened;
  }

  /** Dies: connections break. */
  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  static String url(Message message) {
    return "type.googleapis.com/" + message.getDescriptorForType().getFullName();
  }

  private static String name(Message message) {
    for (ResourceKind<?> kind : ResourceKind.ALL) {
      if (kind.messageType().isInstance(message)) {
        return kind.nameOf(message);
      }
    }
    throw new IllegalArgumentException("no resource: " + message.getClass());
  }

  /** One client's ADS stream. */
  public final class Stream implements StreamObserver<DiscoveryRequest> {
    private final StreamObserver<byte[]> out;
    private final Map<String, Set<String>> subscribed = new HashMap<>();
    private int nonce;

    private Stream(StreamObserver<byte[]> out) {
      this.out = out;
    }

    @Override
    public void onNext(DiscoveryRequest request) {
      synchronized (ScriptedControlServer.this) {
        requests.add(request);
        if (script.test(this, request)) {
          return;
        }
        Set<String> names = new LinkedHashSet<>(request.getResourceNamesList());
        Set<String> before = subscribed.put(request.getTypeUrl(), names);
        boolean wider = before == null || !before.containsAll(names);
        if (wider && !names.isEmpty()) {
          Set<String> added = new LinkedHashSet<>(names);
          if (before != null) {
            added.removeAll(before);
          }
          push(request.getTypeUrl(), added);
        }
      }
    }

    private void push(String url, Set<String> changed) {
      Set<String> names = subscribed.getOrDefault(url, Set.of());
      if (changed.stream().noneMatch(names::contains)) {
        return;
      }
      boolean full = url.endsWith("Listener") || url.endsWith("Cluster");
      Map<String, Message> known = resources.getOrDefault(url, Map.of());
      DiscoveryResponse.Builder response = response(url);
      for (String name : full ? names : changed) {
        Message message = known.get(name);
        if (message != null && names.contains(name)) {
          response.addResources(Any.pack(message));
        } else if (message == null && names.contains(name)) {
          response.addResourceErrors(
              ResourceError.newBuilder()
                  .setResourceName(ResourceName.newBuilder().setName(name))
                  .setErrorDetail(
                      com.google.rpc.Status.newBuilder()
                          .setCode(Code.NOT_FOUND_VALUE)
                          .setMessage("not found")));
        }
      }
      out.onNext(response.build().toByteArray());
    }

    /** A response to fill, with the next nonce. */
    public DiscoveryResponse.Builder response(String url) {
      return DiscoveryResponse.newBuilder()
          .setTypeUrl(url)
          .setVersionInfo("v" + version)
          .setNonce("n" + ++nonce);
    }

    /** Sends anything. */
    public void send(DiscoveryResponse response) {
      sendRaw(response.toByteArray());
    }

    /** Sends bytes in the place of a response. */
    public void sendRaw(byte[] response) {
      synchronized (ScriptedControlServer.this) {
        out.onNext(response);
      }
    }

    /** Ends the stream in order. */
    public void complete() {
      synchronized (ScriptedControlServer.this) {
        streams.remove(this);
        out.onCompleted();
      }
    }

    /** Ends the stream with an error. */
    public void fail(Status status) {
      synchronized (ScriptedControlServer.this) {
        streams.remove(this);
        out.onError(status.asRuntimeException());
      }
    }

    @Override
    public void onError(Throwable failure) {
      synchronized (ScriptedControlServer.this) {
        streams.remove(this);
      }
    }

    @Override
    public void onCompleted() {
      synchronized (ScriptedControlServer.this) {
        streams.remove(this);
        out.onCompleted();
      }
    }
  }

  /** ADS whose responses are bytes, so that a script can send any. */
  private ServerServiceDefinition ads() {
    MethodDescriptor<DiscoveryRequest, byte[]> method =
        AggregatedDiscoveryServiceGrpc.getStreamAggregatedResourcesMethod().toBuilder(
                ProtoUtils.marshaller(DiscoveryRequest.getDefaultInstance()), new RawBytes())
            .build();
    return ServerServiceDefinition.builder(AggregatedDiscoveryServiceGrpc.SERVICE_NAME)
        .addMethod(method, ServerCalls.asyncBidiStreamingCall(this::opened))
        .build();
  }

  private StreamObserver<DiscoveryRequest> opened(StreamObserver<byte[]> out) {
    Stream stream = new Stream(out);
    Status refused = refusal;
    synchronized (this) {
      opened++;
      if (refused == null) {
        streams.add(stream);
      }
    }
    if (refused != null) {
      out.onError(refused.asRuntimeException());
    }
    return stream;
  }

  private static final class RawBytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      throw new UnsupportedOperationException();
    }
  }

  private final class Registry extends RegistryGrpc.RegistryImplBase {
    @Override
    public StreamObserver<RegisterRequest> register(StreamObserver<RegisterResponse> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(RegisterRequest request) {
          registrations.add(request);
          RegisterResponse.Builder answer = RegisterResponse.newBuilder();
          switch (request.getMessageCase()) {
            case REGISTER -> {
              if (request.getRegister().getService().equals("refused")) {
                out.onError(
                    Status.INVALID_ARGUMENT
                        .withDescription("service: 'refused' is refused")
                        .asRuntimeException());
                return;
              }
              answer.setRegistered(Registered.newBuilder().setEpoch(registrations.size()));
            }
            case HEALTH -> answer.setHealthChanged(HealthChanged.getDefaultInstance());
            case DRAIN -> answer.setDrained(Drained.newBuilder().setWatching(1));
            default -> answer.setDeregistered(Deregistered.getDefaultInstance());
          }
          out.onNext(answer.build());
          if (request.hasDeregister()) {
            out.onCompleted();
          }
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }
  }
}
