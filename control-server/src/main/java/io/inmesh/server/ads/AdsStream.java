package io.inmesh.server.ads;

import com.google.rpc.Code;
import io.envoyproxy.envoy.config.core.v3.Node;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One stream as a serial state machine: every entry point queues a task, so nothing inside needs a
 * lock. The two variants of the protocol differ in how requests change the subscription; the rest
 * is here and in {@link Subscriptions} and {@link Delivery}.
 */
abstract class AdsStream implements Subscriber {
  /** Labels and a version need some hundred; Envoy and Istio describe themselves at length. */
  private static final int MAX_METADATA = 64 << 10;

  private static final System.Logger LOG = System.getLogger(AdsStream.class.getName());
  private static final int MAX_ERROR = 1_000;

  final AdsEnvironment env;
  final Subscriptions subscriptions;
  private final long id;
  private final boolean delta;
  private final AdsOutbound outbound;
  private final Executor serial;
  private final Function<Node, Supplier<Status>> admission;
  private final Consumer<AdsStream> onClosed;
  private final Delivery delivery;
  private final long openedAtNanos;
  private final AtomicReference<@Nullable Notice> inbox = new AtomicReference<>();
  private final List<PropagationWait.Part> waits = new ArrayList<>();
  private boolean settledAnything;
  private boolean closed;
  private Supplier<Status> claim = () -> Status.OK;
  private volatile ClientNode client = ClientNode.UNKNOWN;

  AdsStream(
      AdsEnvironment env,
      long id,
      boolean delta,
      AdsOutbound outbound,
      Executor pool,
      Function<Node, Supplier<Status>> admission,
      Consumer<AdsStream> onClosed) {
    this.env = env;
    this.id = id;
    this.delta = delta;
    this.outbound = outbound;
    this.serial = new SerialExecutor(pool);
    this.admission = admission;
    this.onClosed = onClosed;
    this.subscriptions = new Subscriptions(env.store(), this);
    this.delivery =
        new Delivery(env, subscriptions, outbound, env.allowance().share(this::ready), delta);
    this.openedAtNanos = env.clock().nanoTime();
  }

  // ---- entry points, from any thread

  @Override
  public final void changed(Notice notice) {
    while (true) {
      Notice before = inbox.get();
      Notice after = before == null ? notice : before.merge(notice);
      if (inbox.compareAndSet(before, after)) {
        if (before == null) {
          serially(this::flush);
        } else {
          before.round().done();
        }
        return;
      }
    }
  }

  @Override
  public final void await(PropagationWait.Part part) {
    serially(
        () -> {
          if (closed) {
            part.gone();
            return;
          }
          waits.add(part);
          subscriptions.adoptLatest();
          flush();
        });
  }

  /** The transport takes more again. */
  final void ready() {
    serially(this::flush);
  }

  /** The client or the transport ended the stream. */
  final void cancelled() {
    serially(this::release);
  }

  /** Ends the stream from our side. */
  final void disconnect(Status status) {
    serially(() -> close(status));
  }

  /** Ends the stream if its client may not be any more what it was let in as. */
  final void review() {
    serially(
        () -> {
          Status verdict = closed ? Status.OK : claim.get();
          if (!verdict.isOk()) {
            LOG.log(
                System.Logger.Level.INFO,
                "client {0} is disconnected: {1}",
                client.id(),
                verdict.getDescription());
            close(verdict);
          }
        });
  }

  /** Reads what the client was sent of a type, by name. */
  final void readSent(String typeUrl, Consumer<List<EncodedResource>> reader) {
    serially(
        () -> {
          List<EncodedResource> held = new ArrayList<>();
          TypeState type = subscriptions.find(typeUrl);
          if (type != null) {
            for (EncodedResource resource : type.sent().resources()) {
              if (!resource.isSentinel()) {
                held.add(resource);
              }
            }
          }
          held.sort(Comparator.comparing(EncodedResource::name));
          reader.accept(held);
        });
  }

  /** Closes the stream if the client has made no progress for too long. */
  final void tick(long nowNanos) {
    if (!client.isKnown() && nowNanos - openedAtNanos >= env.limits().staleAfter().toNanos()) {
      disconnect(Status.INVALID_ARGUMENT.withDescription("no discovery request came"));
    } else if (delivery.stuckFor(nowNanos) >= env.limits().slowAfter().toNanos()) {
      serially(() -> closeIfStuck(nowNanos));
    }
  }

  private void closeIfStuck(long nowNanos) {
    if (!closed && delivery.stuckFor(nowNanos) >= env.limits().slowAfter().toNanos()) {
      env.metrics().slowClientClosed();
      LOG.log(
          System.Logger.Level.INFO,
          "client {0} took nothing for {1} s while changes wait; disconnected",
          client.id(),
          env.limits().slowAfter().toSeconds());
      close(Status.UNAVAILABLE.withDescription("fallen too far behind; connect again"));
    }
  }

  /** Runs a task in the stream's turn; a failure ends this stream and no other. */
  final void serially(Runnable task) {
    serial.execute(
        () -> {
          try {
            task.run();
          } catch (RuntimeException e) {
            LOG.log(
                System.Logger.Level.ERROR, "ADS stream of client " + client.id() + " failed", e);
            close(Status.INTERNAL.withDescription("the control server failed on this stream"));
          }
        });
  }

  // ---- for readers on any thread

  final long id() {
    return id;
  }

  final boolean delta() {
    return delta;
  }

  final ClientNode client() {
    return client;
  }

  final List<TypeState> types() {
    return subscriptions.inOrder();
  }

  // ---- requests; the rest runs in the stream's turn

  /** Queues a request; the next is let in when it was dealt with. */
  final <T extends com.google.protobuf.MessageLite> void receive(
      InboundFrame<T> frame, Consumer<T> handler) {
    serially(
        () -> {
          if (closed) {
            return;
          }
          T message = frame.message();
          if (message == null) {
            close(frame.problem());
            return;
          }
          handler.accept(message);
          if (!closed) {
            outbound.requestNext();
          }
        });
  }

  /** Takes the node of the first request; later ones may repeat it but not change it. */
  final boolean identify(boolean hasNode, Node node) {
    if (client.isKnown()) {
      if (hasNode && !node.getId().isEmpty() && !node.getId().equals(client.id())) {
        String change = "from '" + client.id() + "' to '" + node.getId() + "'";
        return refuse(Status.INVALID_ARGUMENT, "the node of a stream cannot change " + change);
      }
      return true;
    }
    if (!hasNode || node.getId().isEmpty()) {
      return refuse(Status.INVALID_ARGUMENT, "the first request must carry a node with an id");
    }
    int longest = env.limits().nameLength();
    if (node.getId().length() > longest) {
      return refuse(
          Status.INVALID_ARGUMENT, "the id of a node has at most " + longest + " characters");
    }
    String tooLong = tooLong(node, longest);
    if (!tooLong.isEmpty()) {
      return refuse(Status.INVALID_ARGUMENT, tooLong);
    }
    claim = admission.apply(node);
    Status verdict = claim.get();
    if (!verdict.isOk()) {
      close(verdict);
      return false;
    }
    ClientNode known = ClientNode.of(node, env.views().views(node));
    subscriptions.open(known.views());
    delivery.open(known.kind());
    client = known;
    return true;
  }

  /** What of a node's description is kept for as long as the stream, and must be small for that. */
  private static String tooLong(Node node, int longest) {
    if (node.getCluster().length() > longest) {
      return "the cluster of a node has at most " + longest + " characters";
    }
    if (node.getUserAgentName().length() > longest
        || node.getUserAgentVersion().length() > longest) {
      return "the user agent of a node has at most " + longest + " characters";
    }
    int metadata = node.getMetadata().getSerializedSize();
    return metadata > MAX_METADATA
        ? "the metadata of a node has at most " + MAX_METADATA + " bytes, not " + metadata
        : "";
  }

  /** The state of a type, made if this is the first the stream hears of it; null if refused. */
  final @Nullable TypeState typeOf(String typeUrl) {
    TypeState known = subscriptions.find(typeUrl);
    if (known != null) {
      return known;
    }
    if (typeUrl.isEmpty()) {
      refuse(Status.INVALID_ARGUMENT, "a request on an aggregated stream must name a type_url");
      return null;
    }
    int limit = env.limits().typesPerStream();
    if (types().size() >= limit) {
      refuse(Status.RESOURCE_EXHAUSTED, "more than " + limit + " types on a stream");
      return null;
    }
    return subscriptions.create(typeUrl);
  }

  /** Checks a list of names from a request. */
  final boolean acceptable(Collection<String> names) {
    int limit = env.limits().namesPerRequest();
    if (names.size() > limit) {
      return refuse(
          Status.RESOURCE_EXHAUSTED,
          names.size() + " resource names in a request; the limit is " + limit);
    }
    int longest = env.limits().nameLength();
    for (String name : names) {
      if (name.isEmpty() || name.length() > longest) {
        return refuse(
            Status.INVALID_ARGUMENT,
            "a resource name must have 1 to " + longest + " characters, not " + name.length());
      }
    }
    return true;
  }

  /** Checks what the subscriptions add up to. */
  final boolean acceptableTotal() {
    int limit = env.limits().resourcesPerStream();
    return subscriptions.resources() <= limit
        || refuse(Status.RESOURCE_EXHAUSTED, "more than " + limit + " resources on a stream");
  }

  private boolean refuse(Status status, String why) {
    close(status.withDescription(why));
    return false;
  }

  /** The client answered the last response of a type, with an error if it refused it. */
  final void settled(TypeState type, com.google.rpc.@Nullable Status error) {
    settledAnything = true;
    delivery.progressed();
    String text = error == null ? null : describe(error);
    boolean news = text != null && !text.equals(type.lastError());
    long convergence = type.settled(text, env.clock().nanoTime(), env.clock().epochMillis());
    if (text != null) {
      env.metrics().rejected(type.typeUrl());
      LOG.log(
          news ? System.Logger.Level.WARNING : System.Logger.Level.DEBUG,
          "client {0} refused {1}: {2}",
          client.id(),
          TypeUrl.shortName(type.typeUrl()),
          text);
    } else if (convergence >= 0) {
      env.metrics().converged(convergence);
    }
  }

  private static String describe(com.google.rpc.Status error) {
    // It is the client's text: it must not make up lines of the log.
    String message = error.getMessage().replaceAll("\\p{Cntrl}", " ");
    if (message.length() > MAX_ERROR) {
      message = message.substring(0, MAX_ERROR) + "…";
    }
    Code code = Code.forNumber(error.getCode());
    String name = code == null ? Integer.toString(error.getCode()) : code.name();
    return message.isBlank() ? name : name + ": " + message;
  }

  /** Whether the client has answered any response on this stream yet. */
  final boolean settledAnything() {
    return settledAnything;
  }

  /** Takes in what was published and sends what is due. */
  final void flush() {
    Notice notice = inbox.getAndSet(null);
    if (!closed && client.isKnown()) {
      if (notice != null) {
        subscriptions.apply(notice);
        env.metrics().queued(env.clock().nanoTime() - notice.round().startedAtNanos());
      }
      delivery.run();
      waits.removeIf(part -> part.check(subscriptions));
      types().forEach(TypeState::publishProgress);
    }
    if (notice != null) {
      notice.round().done();
    }
  }

  private void close(Status status) {
    if (!closed) {
      outbound.close(status);
      release();
    }
  }

  private void release() {
    if (!closed) {
      closed = true;
      subscriptions.close();
      delivery.close();
      waits.forEach(PropagationWait.Part::gone);
      waits.clear();
      onClosed.accept(this);
    }
  }
}
