package io.inmesh.xds;

import io.inmesh.control.Cancellable;
import io.inmesh.control.ControlLoop;
import io.inmesh.control.HostResolver;
import io.inmesh.control.Randomness;
import io.inmesh.model.LocalAddresses;
import io.inmesh.wire.Backoff;
import java.lang.System.Logger.Level;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What DNS says about host names. Each is looked up in the background, again and again; while that
 * fails, what was known stays. Confined to the control loop.
 */
final class DnsLookups {
  private static final System.Logger LOG = System.getLogger(DnsLookups.class.getName());

  /** Each may block a thread for seconds. */
  private static final int MAX_RUNNING = 16;

  /** Threads that are left to hosts whose name servers do not answer. */
  private static final int MAX_HANGING = 64;

  /** What takes longer counts as a failure, until the answer comes after all. */
  static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private record Key(String host, DnsPolicy policy) {}

  private final HostResolver resolver;
  private final ControlLoop loop;
  private final Randomness random;
  private final boolean loopback;
  private final Runnable changed;
  private final Map<Key, Lookup> lookups = new HashMap<>();
  private final Map<String, Question> asked = new HashMap<>();
  private final Queue<Lookup> waiting = new ArrayDeque<>();
  private int running;
  private int hanging;

  /**
   * Nothing is looked up yet.
   *
   * @param loopback whether names that are guarded may mean this host, for development
   * @param changed called when {@link #need} may give something else
   */
  DnsLookups(
      HostResolver resolver,
      ControlLoop loop,
      Randomness random,
      boolean loopback,
      Runnable changed) {
    this.resolver = resolver;
    this.loop = loop;
    this.random = random;
    this.loopback = loopback;
    this.changed = changed;
  }

  /**
   * The addresses of a host, which is looked up from now on.
   *
   * @return in the resolver's order; empty: there are none; null: not known yet
   */
  @Nullable List<InetAddress> need(String host, DnsPolicy policy) {
    Lookup lookup = lookups.get(new Key(host, policy));
    if (lookup == null) {
      lookup = new Lookup(host, policy);
      lookups.put(new Key(host, policy), lookup);
      begin(lookup);
    }
    lookup.needed = true;
    return lookup.addresses;
  }

  /** Nothing is needed until {@link #need} says so. */
  void unmark() {
    lookups.values().forEach(lookup -> lookup.needed = false);
  }

  /** Ends what is not needed. */
  void sweep() {
    lookups
        .values()
        .removeIf(
            lookup -> {
              if (!lookup.needed) {
                lookup.end();
              }
              return !lookup.needed;
            });
  }

  void close() {
    lookups.values().forEach(Lookup::end);
    lookups.clear();
    waiting.clear();
    asked.clear();
  }

  private void begin(Lookup lookup) {
    Question open = asked.get(lookup.host);
    if (open != null) {
      open.add(lookup);
    } else if (running >= MAX_RUNNING) {
      waiting.add(lookup);
    } else {
      Question question = new Question(lookup.host);
      asked.put(lookup.host, question);
      question.add(lookup);
      question.ask();
    }
  }

  private void next() {
    Lookup next;
    while (running < MAX_RUNNING && (next = waiting.poll()) != null) {
      if (!next.ended) {
        begin(next);
      }
    }
  }

  /** What the resolver was asked; no host is asked for twice at the same time. */
  private final class Question {
    private final String host;
    private final List<Lookup> askers = new ArrayList<>();
    private boolean hangs;

    Question(String host) {
      this.host = host;
    }

    void ask() {
      running++;
      resolver
          .resolve(host)
          .whenComplete(
              (HostResolver.@Nullable Addresses answer, @Nullable Throwable failure) ->
                  loop.execute(() -> answered(answer, failure)));
    }

    void add(Lookup lookup) {
      askers.add(lookup);
      lookup.timer = loop.schedule(PATIENCE_NANOS, () -> late(lookup));
    }

    private void late(Lookup lookup) {
      askers.remove(lookup);
      lookup.done(null, new TimeoutException("no answer within 5 s"));
      if (!hangs && hanging < MAX_HANGING) {
        hangs = true;
        hanging++;
        running--;
        next();
      }
    }

    private void answered(HostResolver.@Nullable Addresses answer, @Nullable Throwable failure) {
      if (hangs) {
        hanging--;
      } else {
        running--;
      }
      asked.remove(host, this);
      for (Lookup lookup : askers) {
        lookup.timer.cancel();
        if (!lookup.ended) {
          lookup.done(answer, failure);
        }
      }
      next();
    }
  }

  /** One host. */
  private final class Lookup {
    final String host;
    private final DnsPolicy policy;
    private final Backoff backoff;
    @Nullable List<InetAddress> addresses;
    boolean needed;
    boolean ended;
    private boolean failing;
    private Cancellable timer = Cancellable.NONE;

    Lookup(String host, DnsPolicy policy) {
      this.host = host;
      this.policy = policy;
      backoff = new Backoff(policy.retry().toNanos(), policy.maxRetry().toNanos(), random);
    }

    void done(HostResolver.@Nullable Addresses answer, @Nullable Throwable failure) {
      List<InetAddress> found = answer == null ? List.of() : used(answer.all());
      if (answer == null || found.isEmpty()) {
        failed(failure);
      } else {
        failing = false;
        backoff.reset();
        again(pause(answer));
        if (!found.equals(addresses)) {
          addresses = found;
          changed.run();
        }
      }
    }

    private void failed(@Nullable Throwable failure) {
      if (!failing) {
        failing = true;
        LOG.log(
            Level.INFO,
            "host ''{0}'' cannot be resolved, what was known of it stays: {1}",
            host,
            failure == null ? "it has no address that may be used" : failure.getMessage());
      }
      again(backoff.nextNanos());
      if (addresses == null) {
        addresses = List.of();
        changed.run();
      }
    }

    private long pause(HostResolver.Addresses answer) {
      Duration ttl = answer.ttl();
      Duration pause =
          policy.followsTtl() && ttl != null && !ttl.isZero() && !ttl.isNegative()
              ? ttl
              : policy.refresh();
      return pause.toNanos() + (long) (random.nextDouble() * policy.jitter().toNanos());
    }

    private void again(long nanos) {
      timer = loop.schedule(nanos, () -> begin(this));
    }

    void end() {
      ended = true;
      timer.cancel();
    }

    private boolean admits(InetAddress address) {
      return !policy.guarded()
          || !LocalAddresses.contains(address)
          || (loopback && address.isLoopbackAddress());
    }

    private List<InetAddress> used(List<InetAddress> answered) {
      List<InetAddress> all = answered.stream().filter(this::admits).toList();
      List<InetAddress> v4 = all.stream().filter(Inet4Address.class::isInstance).toList();
      List<InetAddress> v6 = all.stream().filter(a -> !(a instanceof Inet4Address)).toList();
      return switch (policy.family()) {
        case V4_ONLY -> v4;
        case V6_ONLY -> v6;
        case V4_PREFERRED -> v4.isEmpty() ? v6 : v4;
        case AUTO -> v6.isEmpty() ? v4 : v6;
        case ALL -> all;
      };
    }
  }
}
