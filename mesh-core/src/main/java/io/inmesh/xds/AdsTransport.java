package io.inmesh.xds;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.Locality;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.grpc.Status;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.Randomness;
import io.inmesh.wire.Backoff;
import io.inmesh.wire.ControlChannel;
import io.inmesh.wire.state.v1.Configuration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * ADS, state of the world, on the connection that registration uses, too. Resources are accepted
 * one by one: what is wrong with one keeps no other from being used (gRFC A46, A88). While there is
 * no stream, what is known stays.
 *
 * <p>State lives on the control loop; responses are decoded before they get there.
 */
final class AdsTransport implements ConfigTransport, AdsStream.Events {
  private static final long FIRST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long LAST_RETRY_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** So long the control server has, before what was kept is used. */
  private static final long RESTORE_AFTER_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After so long on a stream, what was not answered does not exist. */
  private static final long ABSENT_NANOS = TimeUnit.SECONDS.toNanos(15);

  private final ControlChannel channel;
  private final Node node;
  private final KnownFilters filters;
  private final ControlLoop loop;
  private final Backoff backoff;
  private final @Nullable KeptConfiguration kept;
  private final Map<String, AdsType<?>> types = new LinkedHashMap<>();
  private @Nullable AdsStream stream;
  private Cancellable retry = Cancellable.NONE;
  private boolean flushing;
  private boolean pausing;
  private boolean closed;
  private boolean restoring;
  private boolean heard;
  private volatile boolean answering;
  private volatile boolean reading;
  private volatile long readAt;

  /**
   * Subscribed to nothing yet.
   *
   * @param kept where what is accepted is kept for a start without control server; null: nowhere
   */
  AdsTransport(
      ControlChannel channel,
      NodeIdentity identity,
      KnownFilters filters,
      ControlLoop loop,
      Randomness random,
      @Nullable KeptConfiguration kept) {
    this.kept = kept;
    this.channel = channel;
    this.node = node(identity);
    this.filters = filters;
    this.loop = loop;
    backoff = new Backoff(FIRST_RETRY_NANOS, LAST_RETRY_NANOS, random);
    for (ResourceKind<?> kind : ResourceKind.ALL) {
      types.put(kind.typeUrl(), new AdsType<>(kind));
    }
    if (kept != null) {
      kept.wholeWhen(() -> types.values().stream().allMatch(AdsType::allAnswered));
    }
  }

  private static Node node(NodeIdentity identity) {
    return Node.newBuilder()
        .setId(identity.id())
        .setCluster(identity.cluster())
        .setMetadata(struct(identity.metadata()))
        .setLocality(
            Locality.newBuilder()
                .setRegion(identity.locality().region())
                .setZone(identity.locality().zone())
                .setSubZone(identity.locality().subzone()))
        .setUserAgentName("inmesh")
        .setUserAgentVersion(identity.version())
        .addClientFeatures("envoy.lb.does_not_support_overprovisioning")
        .build();
  }

  /** Texts, and maps of texts. */
  private static Struct struct(Map<?, ?> values) {
    Struct.Builder struct = Struct.newBuilder();
    values.forEach(
        (key, value) ->
            struct.putFields(
                key.toString(),
                value instanceof Map<?, ?> nested
                    ? Value.newBuilder().setStructValue(struct(nested)).build()
                    : Value.newBuilder().setStringValue(value.toString()).build()));
    return struct.build();
  }

  @SuppressWarnings("unchecked") // the map pairs a kind's URL with its type
  private <T> AdsType<T> type(ResourceKind<T> kind) {
    return (AdsType<T>) Objects.requireNonNull(types.get(kind.typeUrl()));
  }

  @Override
  public <T> Cancellable subscribe(ResourceKind<T> kind, String name, Listener<T> listener) {
    AdsSubscription<T> subscription = new AdsSubscription<>(name, listener);
    loop.execute(() -> subscribe(type(kind), subscription));
    return () -> loop.execute(() -> unsubscribe(type(kind), subscription));
  }

  private <T> void subscribe(AdsType<T> type, AdsSubscription<T> subscription) {
    if (closed) {
      return;
    }
    if (stream != null && type.toldOf(subscription.name())) {
      // It would not be sent again to who is subscribed to it.
      send(stream, type.without(subscription.name()));
    }
    type.add(subscription);
    if (stream != null && stream.ready) {
      await(type, subscription);
    }
    flushLater();
  }

  private <T> void unsubscribe(AdsType<T> type, AdsSubscription<T> subscription) {
    type.remove(subscription);
    flushLater();
  }

  /** Says once what many changes come to. */
  private void flushLater() {
    if (!flushing) {
      flushing = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    if (stream == null) {
      open();
      return;
    }
    for (AdsType<?> type : types.values()) {
      DiscoveryRequest request = type.pending();
      if (request != null) {
        send(stream, request);
      }
    }
  }

  private void open() {
    if (closed || pausing || stream != null) {
      return;
    }
    List<DiscoveryRequest> requests = new ArrayList<>();
    for (AdsType<?> type : types.values()) {
      DiscoveryRequest request = type.first();
      if (request != null) {
        requests.add(request);
      }
    }
    if (requests.isEmpty()) {
      return;
    }
    restoreLater();
    AdsStream opened = new AdsStream(channel.channel(), this);
    stream = opened;
    requests.forEach(request -> send(opened, request));
  }

  /** Once, unless the control server answers in time. */
  private void restoreLater() {
    KeptConfiguration from = kept;
    if (from == null || restoring) {
      return;
    }
    restoring = true;
    loop.schedule(
        RESTORE_AFTER_NANOS,
        () -> {
          if (!heard && !closed) {
            from.read(read -> restore(from, read));
          }
        });
  }

  /** Decoding may take long, and happens before the control loop has it. */
  private void restore(KeptConfiguration from, Configuration read) {
    List<Runnable> restored = new ArrayList<>();
    types.values().forEach(type -> restored.add(decoded(type, read)));
    loop.execute(
        () -> {
          if (!heard && !closed) {
            from.inForce(read, channel.target());
            restored.forEach(Runnable::run);
          }
        });
  }

  private <T> Runnable decoded(AdsType<T> type, Configuration read) {
    DiscoveryResponse.Builder said = DiscoveryResponse.newBuilder();
    read.getResourcesList().stream()
        .filter(resource -> resource.getTypeUrl().equals(type.kind().typeUrl()))
        .forEach(said::addResources);
    AdsResponse<T> response = AdsResponse.of(type.kind(), said.build(), filters);
    return () -> type.restore(response);
  }

  /** With the node every time: some control servers look for it in each request. */
  private void send(AdsStream to, DiscoveryRequest request) {
    to.send(request.toBuilder().setNode(node).build());
  }

  private <T> void await(AdsType<T> type, AdsSubscription<T> subscription) {
    subscription.awaitUntil(
        loop.schedule(
            ABSENT_NANOS,
            () -> {
              // A control server that says nothing at all takes nothing away.
              boolean silence = !heard && subscription.keptOnly();
              if (subscription.requested()
                  && !silence
                  && type.subscriptions().contains(subscription)) {
                subscription.missing("");
                if (kept != null) {
                  kept.answered();
                }
              }
            }));
  }

  @Override
  public void ready(AdsStream now) {
    loop.execute(
        () -> {
          if (now == stream && !now.ready) {
            now.ready = true;
            types.values().forEach(this::awaitAll);
          }
        });
  }

  @Override
  public void received(AdsStream from, DiscoveryResponse response) {
    reading = true;
    answering = true;
    channel.works();
    AdsType<?> type = types.get(response.getTypeUrl());
    if (type == null) {
      loop.execute(() -> read(from));
      return;
    }
    receive(from, type, response);
  }

  private <T> void receive(AdsStream from, AdsType<T> type, DiscoveryResponse response) {
    AdsResponse<T> decoded = AdsResponse.of(type.kind(), response, filters);
    loop.execute(
        () -> {
          try {
            if (from == stream) {
              apply(from, type, decoded);
            }
          } finally {
            // Whatever a listener does, the stream goes on.
            read(from);
          }
        });
  }

  private <T> void apply(AdsStream from, AdsType<T> type, AdsResponse<T> decoded) {
    from.answered = true;
    if (!heard) {
      heard = true;
      types.values().forEach(AdsType::forgetKept);
      types.values().forEach(this::awaitAll);
    }
    send(from, type.received(decoded));
    if (kept != null) {
      kept.update(type.kind().typeUrl(), decoded.sources(), type::uses);
    }
  }

  private <T> void awaitAll(AdsType<T> type) {
    type.subscriptions().stream()
        .filter(AdsSubscription::requested)
        .forEach(subscription -> await(type, subscription));
  }

  private void read(AdsStream from) {
    readAt = loop.clock().nanoTime();
    reading = false;
    from.next();
  }

  @Override
  public void closed(AdsStream from, Status status) {
    answering = false;
    loop.execute(() -> ended(from, status));
  }

  private void ended(AdsStream from, Status status) {
    if (from != stream) {
      return;
    }
    stream = null;
    for (AdsType<?> type : types.values()) {
      type.subscriptions().forEach(subscription -> subscription.awaitUntil(Cancellable.NONE));
    }
    if (from.answered) {
      backoff.reset();
    } else {
      Status why =
          status.isOk()
              ? Status.UNAVAILABLE.withDescription(
                  "it ended the configuration stream without an answer")
              : status;
      channel.failed(why);
      String text = why.getDescription() == null ? why.getCode().name() : why.getDescription();
      for (AdsType<?> type : types.values()) {
        type.subscriptions().forEach(subscription -> subscription.unreachable(text));
      }
    }
    pausing = true;
    retry =
        loop.schedule(
            backoff.nextNanos(),
            () -> {
              pausing = false;
              open();
            });
  }

  @Override
  public boolean quietSince(long nanoTime) {
    return answering && !reading && readAt - nanoTime <= 0;
  }

  @Override
  public CompletionStage<List<TransportStatus>> status() {
    CompletableFuture<List<TransportStatus>> result = new CompletableFuture<>();
    loop.execute(
        () -> {
          List<TransportStatus> statuses = new ArrayList<>();
          types.values().forEach(type -> addStatus(type, statuses));
          result.complete(statuses);
        });
    return result;
  }

  private static <T> void addStatus(AdsType<T> type, List<TransportStatus> statuses) {
    type.subscriptions().forEach(each -> statuses.add(each.status(type.kind())));
  }

  @Override
  public void close() {
    loop.execute(
        () -> {
          closed = true;
          retry.cancel();
          if (kept != null) {
            kept.close();
          }
          for (AdsType<?> type : types.values()) {
            type.subscriptions().forEach(each -> each.awaitUntil(Cancellable.NONE));
          }
          if (stream != null) {
            stream.cancel();
            stream = null;
          }
        });
  }
}
