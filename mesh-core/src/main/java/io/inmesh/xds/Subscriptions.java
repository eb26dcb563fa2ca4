package io.inmesh.xds;

import io.inmesh.control.ControlLoop;
import java.lang.System.Logger.Level;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Every watched resource of one kind. A resource about which nothing was heard for {@link
 * #FIRST_CONFIG_NANOS}, although the server answered other questions and has said nothing more for
 * as long, counts as absent until it turns up. Confined to the control loop.
 */
final class Subscriptions<T> {
  /** How long a resource may stay unknown while the server answers. */
  static final long FIRST_CONFIG_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final System.Logger LOG = System.getLogger(Subscriptions.class.getName());
  private static final int MAX_LOGGED = 500;

  private final ResourceKind<T> kind;
  private final ConfigTransport transport;
  private final ControlLoop loop;
  private final Runnable changed;
  private final Map<String, Subscription<T>> byName = new HashMap<>();
  private final Set<String> logged = new HashSet<>();

  Subscriptions(
      ResourceKind<T> kind, ConfigTransport transport, ControlLoop loop, Runnable changed) {
    this.kind = kind;
    this.transport = transport;
    this.loop = loop;
    this.changed = changed;
  }

  /** The subscription, begun if there is none, and needed from now on. */
  Subscription<T> need(String name) {
    Subscription<T> subscription = byName.get(name);
    if (subscription == null) {
      subscription = new Subscription<>(kind, name);
      byName.put(name, subscription);
      subscription.watch = transport.subscribe(kind, name, new Events(subscription));
      awaitFirst(subscription);
    }
    subscription.needed = true;
    return subscription;
  }

  Collection<Subscription<T>> all() {
    return byName.values();
  }

  /** Nothing is needed until {@link #need} says so. */
  void unmark() {
    byName.values().forEach(subscription -> subscription.needed = false);
  }

  /** Ends what is not needed. */
  void sweep() {
    Iterator<Subscription<T>> each = byName.values().iterator();
    while (each.hasNext()) {
      Subscription<T> subscription = each.next();
      if (!subscription.needed) {
        subscription.end();
        each.remove();
      }
    }
  }

  void close() {
    byName.values().forEach(Subscription::end);
    byName.clear();
  }

  private void awaitFirst(Subscription<T> subscription) {
    subscription.timer =
        loop.schedule(
            FIRST_CONFIG_NANOS,
            () -> {
              if (subscription.settled() || byName.get(subscription.name) != subscription) {
                return;
              }
              if (transport.quietSince(loop.clock().nanoTime() - FIRST_CONFIG_NANOS)) {
                subscription.state = Subscription.State.ABSENT;
                LOG.log(
                    Level.INFO,
                    "no {0} resource ''{1}'' within {2} s: taken as absent",
                    kind,
                    subscription.name,
                    TimeUnit.NANOSECONDS.toSeconds(FIRST_CONFIG_NANOS));
                changed.run();
              } else {
                awaitFirst(subscription);
              }
            });
  }

  private void logOnce(Level level, String text) {
    if (logged.size() < MAX_LOGGED && logged.add(text)) {
      LOG.log(level, text);
    }
  }

  private final class Events implements ConfigTransport.Listener<T> {
    private final Subscription<T> subscription;

    Events(Subscription<T> subscription) {
      this.subscription = subscription;
    }

    @Override
    public void present(Decoded<T> resource) {
      subscription.timer.cancel();
      subscription.absence = "";
      subscription.rejection = null;
      subscription.unreachable = null;
      if (subscription.state == Subscription.State.PRESENT
          && Objects.equals(subscription.value, resource)) {
        return;
      }
      subscription.state = Subscription.State.PRESENT;
      subscription.value = resource;
      for (Remark remark : resource.remarks()) {
        logOnce(
            Level.INFO,
            kind + ": " + remark.path().replaceAll("\\[\\d+]", "[]") + " " + remark.why());
      }
      changed.run();
    }

    @Override
    public void absent(String why) {
      subscription.timer.cancel();
      subscription.unreachable = null;
      boolean news = !why.isEmpty() && !why.equals(subscription.absence);
      if (news) {
        subscription.absence = why;
      }
      if (news || subscription.state != Subscription.State.ABSENT) {
        subscription.state = Subscription.State.ABSENT;
        subscription.value = null;
        changed.run();
      }
    }

    @Override
    public void rejected(Rejection why) {
      subscription.timer.cancel();
      subscription.unreachable = null;
      Rejection before = subscription.rejection;
      if (before == null || !Objects.equals(before.getMessage(), why.getMessage())) {
        LOG.log(
            Level.WARNING,
            "{0} resource ''{1}'' is not accepted, what was known stays: {2}",
            kind,
            subscription.name,
            why.getMessage());
      }
      subscription.rejection = why;
      if (subscription.value == null && subscription.state != Subscription.State.REFUSED) {
        subscription.state = Subscription.State.REFUSED;
        changed.run();
      }
    }

    @Override
    public void unreachable(String why) {
      subscription.unreachable = why;
    }
  }
}
