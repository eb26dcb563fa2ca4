package io.inmesh.xds;

import io.inmesh.control.Cancellable;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What is known of one name. Confined to the control loop. */
final class AdsSubscription<T> {
  /** As {@link ConfigTransport.TransportStatus} spells them. */
  enum State {
    REQUESTED,
    /** In use since before the start; the control server has not said anything of it yet. */
    KEPT,
    ACKED,
    NACKED,
    DOES_NOT_EXIST
  }

  private final String name;
  private final ConfigTransport.Listener<T> listener;
  private State state = State.REQUESTED;
  private @Nullable Decoded<T> accepted;
  private String version = "";
  private String error = "";
  private Cancellable deadline = Cancellable.NONE;

  AdsSubscription(String name, ConfigTransport.Listener<T> listener) {
    this.name = name;
    this.listener = listener;
  }

  String name() {
    return name;
  }

  /** Whether the control server has said nothing of it so far. */
  boolean requested() {
    return state == State.REQUESTED || state == State.KEPT;
  }

  /** Whether all that is known of it is what was kept from before. */
  boolean keptOnly() {
    return state == State.KEPT;
  }

  /** Whether a version of it is in use. */
  boolean used() {
    return accepted != null;
  }

  /** What it was before the start serves until the control server says something of it. */
  void kept(Decoded<T> resource) {
    if (state == State.REQUESTED) {
      state = State.KEPT;
      accepted = resource;
      listener.present(resource);
    }
  }

  /** Ends the wait for a first answer, or begins one. */
  void awaitUntil(Cancellable next) {
    deadline.cancel();
    deadline = next;
  }

  void received(AdsResponse.Outcome<T> outcome, String sent) {
    awaitUntil(Cancellable.NONE);
    Rejection rejection = outcome.rejection();
    if (rejection != null) {
      state = State.NACKED;
      error = String.valueOf(rejection.getMessage());
      listener.rejected(rejection);
      return;
    }
    Decoded<T> now = outcome.accepted();
    boolean news = state != State.ACKED || !Objects.equals(accepted, now);
    state = State.ACKED;
    error = "";
    version = sent;
    if (news && now != null) {
      accepted = now;
      listener.present(now);
    }
  }

  void missing(String why) {
    awaitUntil(Cancellable.NONE);
    state = State.DOES_NOT_EXIST;
    accepted = null;
    version = "";
    error = "";
    listener.absent(why);
  }

  void unreachable(String why) {
    listener.unreachable(why);
  }

  ConfigTransport.TransportStatus status(ResourceKind<T> kind) {
    return new ConfigTransport.TransportStatus(kind.label(), name, state.name(), version, error);
  }
}
