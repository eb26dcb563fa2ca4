package io.inmesh.xds;

import com.google.common.base.Stopwatch;
import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.internal.BackoffPolicy;
import io.grpc.internal.TimeProvider;
import io.grpc.xds.client.Bootstrapper.BootstrapInfo;
import io.grpc.xds.client.Bootstrapper.ServerInfo;
import io.grpc.xds.client.EnvoyProtoData.Node;
import io.grpc.xds.client.XdsClient;
import io.grpc.xds.client.XdsClientImpl;
import io.grpc.xds.client.XdsClientMetricReporter;
import io.grpc.xds.client.XdsResourceType;
import io.grpc.xds.client.XdsTransportFactory;
import io.inmesh.control.Cancellable;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.wire.Backoff;
import io.inmesh.wire.ControlChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * ADS, state of the world, by grpc-xds's {@code XdsClient}: the only class that touches {@code
 * io.grpc.xds}. It gets a connection of ours instead of making its own, so that ADS and
 * registration share one, with one back-off, and so that {@code resource_errors}, which the client
 * does not read, reach the listeners at once.
 */
final class GrpcXdsTransport implements ConfigTransport {
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final XdsClient client;
  private final ControlChannel channel;
  private final ThreadControlLoop loop;
  private final Map<ResourceKind<?>, Type<?>> types = new HashMap<>();
  private final Map<String, Type<?>> typesByUrl = new HashMap<>();
  private final FullStateGuard guard = new FullStateGuard();
  private volatile boolean answering;
  private volatile boolean reading;
  private volatile long readAt;
  private volatile boolean closed;

  GrpcXdsTransport(
      ControlChannel channel,
      NodeIdentity identity,
      KnownFilters filters,
      ThreadControlLoop loop,
      Randomness random) {
    this.channel = channel;
    this.loop = loop;
    for (ResourceKind<?> kind : ResourceKind.ALL) {
      Type<?> type = new Type<>(kind, filters);
      types.put(kind, type);
      typesByUrl.put(kind.typeUrl(), type);
    }
    BootstrapInfo bootstrap =
        BootstrapInfo.builder()
            .servers(ImmutableList.of(ServerInfo.create(channel.target(), "")))
            .node(node(identity))
            .build();
    client =
        new XdsClientImpl(
            server -> new OurConnection(),
            bootstrap,
            loop.timers(),
            () -> backoff(random),
            Stopwatch::createUnstarted,
            TimeProvider.SYSTEM_TIME_PROVIDER,
            message -> message.getDescriptorForType().getName(),
            "",
            new XdsClientMetricReporter() {});
  }

  private static BackoffPolicy backoff(Randomness random) {
    Backoff backoff = new Backoff(FIRST_RETRY_NANOS, LAST_RETRY_NANOS, random);
    return backoff::nextNanos;
  }

  private static Node node(NodeIdentity identity) {
    return Node.newBuilder()
        .setId(identity.id())
        .setCluster(identity.cluster())
        .setMetadata(identity.metadata())
        .setLocality(
            io.grpc.xds.client.Locality.create(
                identity.locality().region(),
                identity.locality().zone(),
                identity.locality().subzone()))
        .setBuildVersion("inmesh/" + identity.version())
        .setUserAgentName("inmesh")
        .setUserAgentVersion(identity.version())
        .build();
  }

  @Override
  public <T> Cancellable subscribe(ResourceKind<T> kind, String name, Listener<T> listener) {
    if (closed) {
      return Cancellable.NONE;
    }
    @SuppressWarnings("unchecked") // the map pairs kinds with types of the same parameter
    Type<T> type = (Type<T>) Objects.requireNonNull(types.get(kind));
    Watcher<T> watcher = new Watcher<>(type, name, listener);
    type.watchers.put(name, watcher);
    client.watchXdsResource(type, name, watcher, loop);
    // A second cancel would make the client panic.
    AtomicBoolean cancelled = new AtomicBoolean();
    return () -> {
      if (cancelled.compareAndSet(false, true) && !closed) {
        watcher.cancelled = true;
        type.watchers.remove(name, watcher);
        type.rejections.remove(name);
        client.cancelXdsResourceWatch(type, name, watcher);
      }
    };
  }

  @Override
  public boolean quietSince(long nanoTime) {
    return answering && !reading && readAt - nanoTime <= 0;
  }

  @Override
  public CompletionStage<List<TransportStatus>> status() {
    CompletableFuture<List<TransportStatus>> result = new CompletableFuture<>();
    Futures.addCallback(
        client.getSubscribedResourcesMetadataSnapshot(),
        new FutureCallback<Map<XdsResourceType<?>, Map<String, XdsClient.ResourceMetadata>>>() {
          @Override
          public void onSuccess(
              Map<XdsResourceType<?>, Map<String, XdsClient.ResourceMetadata>> snapshot) {
            List<TransportStatus> statuses = new ArrayList<>();
            snapshot.forEach(
                (type, resources) ->
                    resources.forEach(
                        (name, metadata) -> statuses.add(status(type, name, metadata))));
            result.complete(statuses);
          }

          @Override
          public void onFailure(Throwable failure) {
            result.completeExceptionally(failure);
          }
        },
        Runnable::run);
    return result;
  }

  private static TransportStatus status(
      XdsResourceType<?> type, String name, XdsClient.ResourceMetadata metadata) {
    return new TransportStatus(
        type.typeName(),
        name,
        metadata.getStatus().name(),
        metadata.getVersion(),
        metadata.getErrorState() == null ? "" : metadata.getErrorState().getFailedDetails());
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      client.shutdown();
    }
  }

  /** One type of resource as the client sees it; a singleton per client, as it demands. */
  private static final class Type<T> extends XdsResourceType<Update<T>> {
    final ResourceKind<T> kind;
    final KnownFilters filters;
    final Map<String, Rejection> rejections = new ConcurrentHashMap<>();
    final Map<String, Watcher<T>> watchers = new ConcurrentHashMap<>();

    Type(ResourceKind<T> kind, KnownFilters filters) {
      this.kind = kind;
      this.filters = filters;
    }

    @Override
    protected Class<? extends Message> unpackedClassName() {
      return kind.messageType();
    }

    @Override
    public String typeName() {
      return kind.label();
    }

    @Override
    public String typeUrl() {
      return kind.typeUrl();
    }

    @Override
    public boolean shouldRetrieveResourceKeysForArgs() {
      return true;
    }

    @Override
    protected boolean isFullStateOfTheWorld() {
      return kind.fullState();
    }

    @Override
    protected String extractResourceName(Message message) {
      return kind.nameOf(message);
    }

    @Override
    protected Update<T> doParse(Args args, Message message) throws ResourceInvalidException {
      String name = kind.nameOf(message);
      try {
        Update<T> update = new Update<>(kind.decode(message, filters));
        rejections.remove(name);
        return update;
      } catch (Rejection rejection) {
        if (watchers.containsKey(name)) {
          rejections.put(name, rejection);
        }
        throw new ResourceInvalidException(rejection.getMessage());
      }
    }
  }

  /** A decoded resource; equal ones are not announced again. */
  private record Update<T>(Decoded<T> resource) implements XdsClient.ResourceUpdate {}

  private static final class Watcher<T> implements XdsClient.ResourceWatcher<Update<T>> {
    private final Type<T> type;
    private final String name;
    private final Listener<T> listener;
    volatile boolean cancelled;

    Watcher(Type<T> type, String name, Listener<T> listener) {
      this.type = type;
      this.name = name;
      this.listener = listener;
    }

    @Override
    public void onResourceChanged(StatusOr<Update<T>> update) {
      if (cancelled) {
        return;
      }
      if (update.hasValue()) {
        listener.present(update.getValue().resource());
      } else if (update.getStatus().getCode() == Status.Code.NOT_FOUND) {
        listener.absent("");
      } else {
        onAmbientError(update.getStatus());
      }
    }

    @Override
    public void onAmbientError(Status error) {
      if (cancelled) {
        return;
      }
      Rejection rejection = type.rejections.get(name);
      if (rejection != null) {
        listener.rejected(rejection);
      } else {
        listener.unreachable(
            error.getDescription() == null ? error.getCode().name() : error.getDescription());
      }
    }

    void absent(String why) {
      if (!cancelled) {
        listener.absent(why);
      }
    }
  }

  /** The client's streams on our channel. */
  private final class OurConnection implements XdsTransportFactory.XdsTransport {
    @Override
    public <Q, R> XdsTransportFactory.StreamingCall<Q, R> createStreamingCall(
        String method,
        MethodDescriptor.Marshaller<Q> requests,
        MethodDescriptor.Marshaller<R> responses) {
      MethodDescriptor<Q, R> descriptor =
          MethodDescriptor.<Q, R>newBuilder()
              .setFullMethodName(method)
              .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
              .setRequestMarshaller(requests)
              .setResponseMarshaller(responses)
              .build();
      return new OurCall<>(
          channel.channel().newCall(descriptor, CallOptions.DEFAULT.withWaitForReady()));
    }

    @Override
    public void shutdown() {
      // The channel belongs to the mesh.
    }
  }

  private final class OurCall<Q, R> implements XdsTransportFactory.StreamingCall<Q, R> {
    private final ClientCall<Q, R> call;

    OurCall(ClientCall<Q, R> call) {
      this.call = call;
    }

    @Override
    public void start(XdsTransportFactory.EventHandler<R> handler) {
      call.start(
          new ClientCall.Listener<R>() {
            private boolean answered;

            @Override
            public void onReady() {
              handler.onReady();
            }

            @Override
            public void onMessage(R message) {
              answered = true;
              reading = true;
              answering = true;
              channel.works();
              handler.onRecvMessage(checked(message));
              announceErrors((Message) message);
              readAt = loop.clock().nanoTime();
              reading = false;
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              answering = false;
              if (!answered && !closed) {
                channel.failed(
                    status.isOk()
                        ? Status.UNAVAILABLE.withDescription(
                            "it ended the configuration stream without an answer")
                        : status);
              }
              handler.onStatusReceived(status);
            }
          },
          new Metadata());
      call.request(1);
    }

    @Override
    public void sendMessage(Q message) {
      call.sendMessage(message);
    }

    @Override
    public void startRecvMessage() {
      call.request(1);
    }

    @Override
    public void sendError(Exception error) {
      call.cancel("cancelled by the xDS client", error);
    }

    @Override
    public boolean isReady() {
      return call.isReady();
    }
  }

  @SuppressWarnings("unchecked") // a completed response has the class of the response
  private <R> R checked(R response) {
    return (R) guard.checked((Message) response);
  }

  /** Names that the server says do not exist; the client would find out after 15 s. */
  private void announceErrors(Message response) {
    FieldDescriptor errors = response.getDescriptorForType().findFieldByName("resource_errors");
    if (errors == null || response.getRepeatedFieldCount(errors) == 0) {
      return;
    }
    @Nullable Type<?> type =
        typesByUrl.get(
            (String)
                response.getField(response.getDescriptorForType().findFieldByName("type_url")));
    if (type == null) {
      return;
    }
    for (int i = 0; i < response.getRepeatedFieldCount(errors); i++) {
      Message error = (Message) response.getRepeatedField(errors, i);
      Watcher<?> watcher = type.watchers.get(nameOf(error));
      if (watcher != null && codeOf(error) == Status.Code.NOT_FOUND.value()) {
        String why = messageOf(error);
        loop.execute(() -> watcher.absent(why));
      }
    }
  }

  private static String nameOf(Message error) {
    Message name =
        (Message) error.getField(error.getDescriptorForType().findFieldByName("resource_name"));
    return (String) name.getField(name.getDescriptorForType().findFieldByName("name"));
  }

  private static int codeOf(Message error) {
    return (Integer) detail(error, "code");
  }

  private static String messageOf(Message error) {
    return (String) detail(error, "message");
  }

  private static Object detail(Message error, String field) {
    Message detail =
        (Message) error.getField(error.getDescriptorForType().findFieldByName("error_detail"));
    return detail.getField(detail.getDescriptorForType().findFieldByName(field));
  }
}
