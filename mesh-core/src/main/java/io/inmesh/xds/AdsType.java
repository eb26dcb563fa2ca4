package io.inmesh.xds;

import com.google.rpc.Code;
import com.google.rpc.Status;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.inmesh.control.Cancellable;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is subscribed to of one type, and where its conversation stands. Loop-confined. */
final class AdsType<T> {
  /** A message that lists everything that is wrong could be larger than what is wrong. */
  private static final int MAX_COMPLAINT = 4096;

  private final ResourceKind<T> kind;
  private final Map<String, AdsSubscription<T>> subscriptions = new LinkedHashMap<>();
  private Set<String> sent = Set.of();
  private String version = "";
  private boolean refusedLast;
  private String nonce = "";
  private boolean changed;
  private @Nullable AdsResponse<T> kept;

  AdsType(ResourceKind<T> kind) {
    this.kind = kind;
  }

  ResourceKind<T> kind() {
    return kind;
  }

  Collection<AdsSubscription<T>> subscriptions() {
    return subscriptions.values();
  }

  /** Whether a version of this name is in use. */
  boolean uses(String name) {
    AdsSubscription<T> subscription = subscriptions.get(name);
    return subscription != null && subscription.used();
  }

  /** Whether the control server has said something of each subscription. */
  boolean allAnswered() {
    return subscriptions.values().stream().noneMatch(AdsSubscription::requested);
  }

  /** What was kept is offered to whoever asks for it, until the control server answers. */
  void restore(AdsResponse<T> response) {
    kept = response;
    subscriptions.values().forEach(this::offer);
  }

  /** The control server answers. */
  void forgetKept() {
    kept = null;
  }

  private void offer(AdsSubscription<T> subscription) {
    AdsResponse.Outcome<T> known = kept == null ? null : kept.resources().get(subscription.name());
    if (known != null && known.accepted() != null) {
      subscription.kept(known.accepted());
    }
  }

  void add(AdsSubscription<T> subscription) {
    subscriptions.put(subscription.name(), subscription);
    changed = true;
    offer(subscription);
  }

  /** Forgets a subscription, unless another one has taken its place. */
  void remove(AdsSubscription<T> subscription) {
    if (subscriptions.remove(subscription.name(), subscription)) {
      subscription.awaitUntil(Cancellable.NONE);
      changed = true;
    }
  }

  /** Whether the control server was told of this name, and is not going to send it again. */
  boolean toldOf(String name) {
    return sent.contains(name);
  }

  /** The request that says what is subscribed to now; null: that is known. */
  @Nullable DiscoveryRequest pending() {
    if (sent.isEmpty() && subscriptions.isEmpty()) {
      changed = false; // an empty list that nobody was told otherwise of would mean everything
    }
    return changed ? request().build() : null;
  }

  /**
   * The first request on a stream; null: nothing is wanted of this type. It claims a version only
   * if that is what this process holds: not if a response was taken in part since, nor if something
   * was asked for, perhaps a second time, that did not come.
   */
  @Nullable DiscoveryRequest first() {
    if (refusedLast || !allAnswered()) {
      version = "";
    }
    nonce = "";
    sent = Set.of();
    return subscriptions.isEmpty() ? null : request().build();
  }

  /** What is subscribed to, but for one name. */
  DiscoveryRequest without(String name) {
    DiscoveryRequest.Builder request = request().clearResourceNames();
    subscriptions.keySet().stream()
        .filter(each -> !each.equals(name))
        .forEach(request::addResourceNames);
    return request.build();
  }

  private DiscoveryRequest.Builder request() {
    changed = false;
    sent = new LinkedHashSet<>(subscriptions.keySet());
    return DiscoveryRequest.newBuilder()
        .setTypeUrl(kind.typeUrl())
        .setVersionInfo(version)
        .setResponseNonce(nonce)
        .addAllResourceNames(sent);
  }

  /** Takes what was sent, and gives the answer: an ACK, or a NACK that says what is wrong. */
  DiscoveryRequest received(AdsResponse<T> response) {
    response
        .resources()
        .forEach(
            (name, outcome) -> {
              AdsSubscription<T> subscription = subscriptions.get(name);
              if (subscription != null) {
                subscription.received(outcome, response.version());
              }
            });
    response
        .missing()
        .forEach(
            (name, why) -> {
              AdsSubscription<T> subscription = subscriptions.get(name);
              if (subscription != null && !response.resources().containsKey(name)) {
                subscription.missing(why);
              }
            });
    if (kind.fullState() && response.errors().isEmpty()) {
      // What the state lacks is gone. What was never seen may have been asked for too late for this
      // response, and what cannot be read has no name: it may be any of those that are missing.
      for (AdsSubscription<T> subscription : subscriptions.values()) {
        if (!subscription.requested()
            && !response.resources().containsKey(subscription.name())
            && !response.missing().containsKey(subscription.name())) {
          subscription.missing("");
        }
      }
    }
    nonce = response.nonce();
    String complaint = String.join("; ", response.complaints());
    refusedLast = !complaint.isEmpty();
    if (!refusedLast) {
      version = response.version();
      return request().build();
    }
    return request()
        .setErrorDetail(
            Status.newBuilder()
                .setCode(Code.INVALID_ARGUMENT_VALUE)
                .setMessage(
                    complaint.length() > MAX_COMPLAINT
                        ? complaint.substring(0, MAX_COMPLAINT) + "…"
                        : complaint))
        .build();
  }
}
