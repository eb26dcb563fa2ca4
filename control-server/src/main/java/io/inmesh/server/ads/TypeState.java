package io.inmesh.server.ads;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One type on one stream: what the client wants, what it was told, what has to be looked at again,
 * and how far it has acknowledged. Confined to the stream, but for {@link #progress}.
 */
final class TypeState {
  private final String typeUrl;
  private final int rank;
  private final boolean fullState;

  private final Set<String> names = new LinkedHashSet<>();
  private final SentResources sent = new SentResources();
  private final Set<String> dirty = new LinkedHashSet<>();
  private boolean wildcard;
  private boolean everNamed;
  private boolean owed;
  private long changedAtNanos;
  private boolean changePending;

  private long lastSent;
  private long lastSettled;
  private long acknowledged;
  private String versionSent = "";
  private String versionAcknowledged = "";
  private @Nullable String lastError;
  private long sentAtNanos;
  private long sentAtMillis;
  private long settledAtMillis;
  private boolean sentChange;
  private long sentChangeAtNanos;

  private volatile TypeProgress progress = TypeProgress.NONE;

  TypeState(String typeUrl) {
    this.typeUrl = typeUrl;
    this.rank = TypeUrl.rank(typeUrl);
    this.fullState = TypeUrl.fullState(typeUrl);
  }

  String typeUrl() {
    return typeUrl;
  }

  int rank() {
    return rank;
  }

  boolean fullState() {
    return fullState;
  }

  // ---- subscription

  /** The names asked for one by one. */
  Set<String> names() {
    return names;
  }

  boolean wildcard() {
    return wildcard;
  }

  /** Whether a name was ever asked for; from then on an empty list is no wildcard any more. */
  boolean everNamed() {
    return everNamed;
  }

  void markNamed() {
    everNamed = true;
  }

  void setWildcard(boolean wildcard) {
    this.wildcard = wildcard;
  }

  boolean wants(String name) {
    return wildcard || names.contains(name);
  }

  boolean subscribed() {
    return wildcard || !names.isEmpty();
  }

  // ---- content

  SentResources sent() {
    return sent;
  }

  /** The names that may differ from what the client was told. */
  Set<String> dirty() {
    return dirty;
  }

  /** Whether a response is due even if it is empty. */
  boolean owed() {
    return owed;
  }

  void setOwed(boolean owed) {
    this.owed = owed;
  }

  /** What the client should hold; {@link EncodedResource#ABSENT} if nothing. */
  EncodedResource want(String name, StoreSnapshot snapshot, List<String> views) {
    EncodedResource found = snapshot.find(typeUrl, name, views);
    return found == null ? EncodedResource.ABSENT : found;
  }

  /** Whether the client has to be told something about a name. */
  boolean differs(String name, EncodedResource want) {
    EncodedResource have = sent.get(name);
    if (have == null) {
      return want != EncodedResource.ABSENT || names.contains(name);
    }
    return !want.same(have);
  }

  /** Whether telling would take something away that the client holds. */
  boolean removes(String name, EncodedResource want) {
    EncodedResource have = sent.get(name);
    return want == EncodedResource.ABSENT && have != null && !have.isSentinel();
  }

  /** Whether something may have to be sent. */
  boolean pending() {
    return owed || !dirty.isEmpty();
  }

  /** Notes that the client was told. */
  void told(String name, EncodedResource resource) {
    if (resource == EncodedResource.ABSENT && !names.contains(name)) {
      sent.remove(name);
    } else {
      sent.put(name, resource);
    }
  }

  /** Drops dirty names about which there is nothing to say. */
  void settle(StoreSnapshot snapshot, List<String> views) {
    if (!dirty.isEmpty()) {
      dirty.removeIf(name -> !differs(name, want(name, snapshot, views)));
      if (dirty.isEmpty()) {
        changePending = false;
      }
    }
  }

  /** What remains after the wildcard went: the explicit names. */
  void forgetOthers() {
    for (String name : new HashSet<>(sent.names())) {
      if (!names.contains(name)) {
        sent.remove(name);
        dirty.remove(name);
      }
    }
    dirty.retainAll(names);
  }

  // ---- delivery

  /** Notes when the oldest change that was not sent yet happened. */
  void changed(long atNanos) {
    if (!changePending) {
      changePending = true;
      changedAtNanos = atNanos;
    }
  }

  boolean inFlight() {
    return lastSent != lastSettled;
  }

  boolean isLastSent(String nonce) {
    return lastSent != 0 && nonce.equals(nonceText(lastSent));
  }

  long lastSent() {
    return lastSent;
  }

  long lastSettled() {
    return lastSettled;
  }

  /** Why the client refused the last response it answered; null if it did not. */
  @Nullable String lastError() {
    return lastError;
  }

  static String nonceText(long nonce) {
    return nonce == 0 ? "" : Long.toString(nonce, Character.MAX_RADIX);
  }

  void responseSent(long nonce, long nowNanos, long nowMillis) {
    lastSent = nonce;
    versionSent = sent.version();
    sentAtNanos = nowNanos;
    sentAtMillis = nowMillis;
    sentChange = changePending;
    sentChangeAtNanos = changedAtNanos;
    changePending = false;
  }

  /**
   * The client has applied or refused the last response.
   *
   * @return nanoseconds since the change in that response happened, or -1 if it carried none
   */
  long settled(@Nullable String error, long nowNanos, long nowMillis) {
    long convergence =
        inFlight() && sentChange && error == null ? nowNanos - sentChangeAtNanos : -1;
    lastSettled = lastSent;
    lastError = error;
    settledAtMillis = nowMillis;
    sentChange = false;
    if (error == null) {
      acknowledged = lastSent;
      versionAcknowledged = versionSent;
    }
    return convergence;
  }

  /** Shows other threads how far this type has got. */
  void publishProgress() {
    boolean lacking = sentChange || changePending;
    progress =
        new TypeProgress(
            names.size(),
            wildcard,
            nonceText(lastSent),
            nonceText(acknowledged),
            versionSent,
            versionAcknowledged,
            lastError,
            inFlight(),
            sentAtNanos,
            sentAtMillis,
            settledAtMillis,
            lacking,
            sentChange ? sentChangeAtNanos : changedAtNanos);
  }

  /** How far this type has got as last shown; for readers on any thread. */
  TypeProgress progress() {
    return progress;
  }
}
