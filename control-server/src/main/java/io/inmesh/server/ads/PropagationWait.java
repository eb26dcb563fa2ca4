package io.inmesh.server.ads;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts the clients that have acknowledged the current content of one name: those that subscribe
 * to it, and those that will as soon as they are told of what refers to it.
 */
final class PropagationWait {
  private final ResourceName content;
  private final @Nullable ResourceName referrer;
  private final CompletableFuture<Propagation> result = new CompletableFuture<>();
  private final AtomicInteger watching = new AtomicInteger();
  private final AtomicInteger acknowledged = new AtomicInteger();
  // One more than the clients that have not reported, given back when all were asked.
  private final AtomicInteger open = new AtomicInteger(1);

  PropagationWait(ResourceName content, @Nullable ResourceName referrer) {
    this.content = content;
    this.referrer = referrer;
  }

  CompletableFuture<Propagation> result() {
    return result;
  }

  /** The share of one more client. */
  Part begin() {
    watching.incrementAndGet();
    open.incrementAndGet();
    return new Part();
  }

  /** All clients concerned have a part. */
  void asked() {
    reported();
  }

  /** Gives up waiting. */
  void expire() {
    result.complete(counts());
  }

  private Propagation counts() {
    return new Propagation(acknowledged.get(), watching.get());
  }

  private void reported() {
    if (open.decrementAndGet() == 0) {
      result.complete(counts());
    }
  }

  /** The share of one stream, confined to it. */
  final class Part {
    private long carrier = -1;

    /** The client left or lost interest. */
    void gone() {
      watching.decrementAndGet();
      reported();
    }

    /** Looks again; true when there is nothing more to wait for. */
    boolean check(Subscriptions of) {
      if (result.isDone()) {
        return true;
      }
      TypeState type = of.find(content.typeUrl());
      if (type == null || !type.wants(content.name())) {
        if (referrer != null && of.wants(referrer)) {
          return false;
        }
        gone();
        return true;
      }
      if (carrier < 0) {
        if (type.dirty().contains(content.name())) {
          return false;
        }
        carrier = type.lastSent();
      }
      if (type.lastSettled() < carrier) {
        return false;
      }
      if (type.lastError() == null) {
        acknowledged.incrementAndGet();
      }
      reported();
      return true;
    }
  }
}
