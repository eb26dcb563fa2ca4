package io.inmesh.server.ads;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Decides what is due, when and in which order, and sends it:
 *
 * <ul>
 *   <li>one un-ACKed response per type, and none while the transport is not ready, or while all
 *       streams together have handed over enough for now;
 *   <li>clusters and endpoints before the listeners and routes that may refer to them;
 *   <li>removals only when the client has settled everything that may have referred to them.
 * </ul>
 *
 * Confined to the stream, but for {@link #stuckFor}.
 */
final class Delivery {
  private final AdsEnvironment env;
  private final Subscriptions subscriptions;
  private final AdsOutbound outbound;
  private final Allowance.Share share;
  private final boolean delta;
  private boolean envoy;
  private long nonces;
  private volatile boolean stuck;
  private volatile long stuckSinceNanos;

  Delivery(
      AdsEnvironment env,
      Subscriptions subscriptions,
      AdsOutbound outbound,
      Allowance.Share share,
      boolean delta) {
    this.env = env;
    this.subscriptions = subscriptions;
    this.outbound = outbound;
    this.share = share;
    this.delta = delta;
  }

  void open(ClientKind kind) {
    envoy = kind == ClientKind.ENVOY;
  }

  void close() {
    share.close();
  }

  /** Since when nothing moves although something waits, in nanoseconds; 0 if all is well. */
  long stuckFor(long nowNanos) {
    return stuck ? nowNanos - stuckSinceNanos : 0;
  }

  /** The client has answered something. */
  void progressed() {
    stuck = false;
  }

  /** Sends what is due and may be sent now. */
  void run() {
    for (TypeState type : subscriptions.inOrder()) {
      if (!type.inFlight()) {
        subscriptions.settle(type);
      }
    }
    boolean held = false;
    boolean rest = false;
    boolean inLine = false;
    for (TypeState type : subscriptions.inOrder()) {
      boolean refers = type.rank() == TypeUrl.RANK_LISTENER || type.rank() == TypeUrl.RANK_ROUTES;
      if (!type.inFlight() && !(refers && held)) {
        boolean hold = mayBeReferredTo(type);
        if (hasWork(type, hold)) {
          if (!outbound.isReady()) {
            rest = true;
            break;
          }
          if (!share.take(size(type))) {
            rest = true;
            inLine = true;
            break;
          }
          send(type, hold);
        }
      }
      rest |= type.pending();
      // What a listener or route refers to must be on its way before it.
      held |= type.rank() <= TypeUrl.RANK_ENDPOINTS && makes(type);
    }
    if (!inLine && outbound.isReady()) {
      share.giveBack();
    }
    boolean waits = rest && !inLine; // who stands in line is held up by this server
    if (waits && !stuck) {
      stuckSinceNanos = env.clock().nanoTime();
    }
    stuck = waits;
  }

  /** Whether a type still has something to add or replace. */
  private boolean makes(TypeState type) {
    for (String name : type.dirty()) {
      EncodedResource want = subscriptions.want(type, name);
      if (want != EncodedResource.ABSENT && type.differs(name, want)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the client may still hold something, soon to change, that refers to this type. */
  private boolean mayBeReferredTo(TypeState type) {
    for (TypeState other : subscriptions.inOrder()) {
      boolean refers =
          switch (type.rank()) {
            case TypeUrl.RANK_CLUSTER ->
                other.rank() == TypeUrl.RANK_LISTENER || other.rank() == TypeUrl.RANK_ROUTES;
            case TypeUrl.RANK_ENDPOINTS ->
                other.rank() < TypeUrl.RANK_OTHER && other.rank() != TypeUrl.RANK_ENDPOINTS;
            case TypeUrl.RANK_ROUTES -> other.rank() == TypeUrl.RANK_LISTENER;
            default -> false;
          };
      if (refers && (other.inFlight() || other.pending())) {
        return true;
      }
    }
    return false;
  }

  private boolean hasWork(TypeState type, boolean hold) {
    if (type.owed()) {
      return true;
    }
    for (String name : type.dirty()) {
      EncodedResource want = subscriptions.want(type, name);
      if (type.differs(name, want) && !(hold && type.removes(name, want))) {
        return true;
      }
    }
    return false;
  }

  /** About how many bytes the response that is due will have. */
  private int size(TypeState type) {
    boolean all = type.fullState() && !delta;
    int size = 0;
    for (String name : all ? members(type) : type.dirty()) {
      EncodedResource want = subscriptions.want(type, name);
      if (all || type.differs(name, want)) {
        size += want.any().length;
      }
      if (!all && size >= env.limits().chunkBytes()) {
        break;
      }
    }
    return size;
  }

  private void send(TypeState type, boolean hold) {
    long startedAt = env.clock().nanoTime();
    ResponseWriter writer = new ResponseWriter(delta);
    List<String> told = new ArrayList<>();
    if (type.fullState() && !delta) {
      writeAll(type, hold, writer, told);
    } else {
      writeChanges(type, hold, writer, told);
    }
    type.setOwed(false);
    long nonce = ++nonces;
    ResponseBytes response =
        writer.finish(
            type.typeUrl(), type.sent().version(), TypeState.nonceText(nonce), env.controlPlane());
    long now = env.clock().nanoTime();
    type.responseSent(nonce, now, env.clock().epochMillis());
    progressed();
    outbound.send(response);
    env.metrics().pushed(type.typeUrl(), response.size(), env.clock().nanoTime() - startedAt);
    if (envoy && type.rank() == TypeUrl.RANK_CLUSTER) {
      sendEndpointsAgain(told);
    }
  }

  /** Clusters and listeners of the state of the world: the whole set, as absence means deletion. */
  private void writeAll(TypeState type, boolean hold, ResponseWriter writer, List<String> told) {
    for (String name : members(type)) {
      EncodedResource want = subscriptions.want(type, name);
      EncodedResource have = type.sent().get(name);
      if (hold && have != null && type.removes(name, want)) {
        writer.resource(have);
        continue;
      }
      if (want != EncodedResource.ABSENT) {
        writer.resource(want);
      } else if (type.names().contains(name)) {
        writer.notFound(name, env.absence().describe(type.typeUrl(), name));
      }
      if (type.differs(name, want)) {
        told.add(name);
      }
      type.told(name, want);
      type.dirty().remove(name);
    }
    type.dirty().removeIf(name -> !type.wants(name));
  }

  private Collection<String> members(TypeState type) {
    if (!type.wildcard()) {
      return type.names();
    }
    Collection<String> members = new LinkedHashSet<>(type.names());
    members.addAll(type.sent().names());
    members.addAll(subscriptions.visible(type));
    return members;
  }

  /** What changed, as much as fits in a response. */
  private void writeChanges(
      TypeState type, boolean hold, ResponseWriter writer, List<String> told) {
    Iterator<String> names = type.dirty().iterator();
    while (names.hasNext() && writer.size() < env.limits().chunkBytes()) {
      String name = names.next();
      EncodedResource want = subscriptions.want(type, name);
      if (type.differs(name, want)) {
        if (hold && type.removes(name, want)) {
          continue;
        }
        if (want != EncodedResource.ABSENT) {
          writer.resource(want);
        } else if (delta) {
          writer.removed(name);
        } else {
          writer.notFound(name, env.absence().describe(type.typeUrl(), name));
        }
        type.told(name, want);
        told.add(name);
      }
      names.remove();
    }
  }

  /** Envoy warms a changed cluster until endpoints come, even if they are the same as before. */
  private void sendEndpointsAgain(List<String> clusters) {
    TypeState endpoints = subscriptions.find(TypeUrl.ENDPOINTS);
    if (endpoints == null) {
      return;
    }
    for (String cluster : clusters) {
      if (endpoints.wants(cluster)
          && subscriptions.want(endpoints, cluster) != EncodedResource.ABSENT) {
        endpoints.sent().remove(cluster);
        endpoints.dirty().add(cluster);
      }
    }
  }
}
