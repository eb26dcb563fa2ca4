package io.inmesh.benchmarks.control;

import io.inmesh.benchmarks.e2e.ControlHandle;
import io.inmesh.benchmarks.report.Page;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Endpoints that come and go, thirty times a second in turn, in services of which no client watches
 * all: how long each change takes to the last client that watches its service.
 */
final class Churn {
  private static final int PER_SECOND = 30;

  /** So many are there at a time, so that none is gone before it was told. */
  private static final int HELD = 60;

  /** What is asked for is how it goes on and on, not how it begins in a new JVM. */
  private static final int WARM_UP_SECONDS = 30;

  private static final long PATIENCE_NANOS = 30_000_000_000L;

  private final XdsSwarm swarm;
  private final Registrations registrations;
  private final int services;
  private final Random random = new Random(2);

  Churn(XdsSwarm swarm, Registrations registrations, int services) {
    this.swarm = swarm;
    this.registrations = registrations;
    this.services = services;
  }

  void run(Page page, ControlHandle server, int seconds) throws InterruptedException {
    List<EndpointChange> first = new ArrayList<>();
    for (int i = 0; i < HELD; i++) {
      first.add(add());
    }
    await(first);
    changes(System.nanoTime(), WARM_UP_SECONDS * PER_SECOND);
    double cpu = server.cpuSeconds();
    long responses = swarm.responses.sum();
    long start = System.nanoTime();
    List<EndpointChange> changes = changes(start, seconds * PER_SECOND);
    double took = (System.nanoTime() - start) / 1e9;
    double share = (server.cpuSeconds() - cpu) / took * 100;
    await(changes);
    swarm.forgetChanges();
    double[] millis = changes.stream().mapToDouble(EndpointChange::millis).sorted().toArray();
    double p99 = millis[(int) (millis.length * 0.99)];
    page.print(
        "%n%d endpoint changes a second for %.0f s, each to about %d clients: staleness p50 %.0f"
            + " ms, p99 %.0f ms, worst %.0f ms (from a change to the last client that has it);"
            + " server %.0f %% of a core, %.0f MB; %d responses.%n",
        PER_SECOND,
        took,
        swarm.watching(1),
        millis[millis.length / 2],
        p99,
        millis[millis.length - 1],
        share,
        server.rssMegabytes(),
        swarm.responses.sum() - responses);
    page.figure("churn-p50", millis[millis.length / 2]);
    page.figure("churn-p99", p99);
    page.figure("churn-cpu", share);
  }

  /** Waits for all; one that does not come in time was never told, and counts so. */
  private static void await(List<EndpointChange> changes) throws InterruptedException {
    long until = System.nanoTime() + PATIENCE_NANOS;
    for (EndpointChange change : changes) {
      change.await(until);
    }
  }

  private List<EndpointChange> changes(long start, int count) throws InterruptedException {
    List<EndpointChange> changes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long wait = start + i * 1_000_000_000L / PER_SECOND - System.nanoTime();
      if (wait > 0) {
        Thread.sleep(wait / 1_000_000, (int) (wait % 1_000_000));
      }
      changes.add(i % 2 == 0 ? add() : remove());
    }
    return changes;
  }

  private EndpointChange add() {
    int service = 1 + random.nextInt(services - 1);
    EndpointChange change = swarm.expect(service, registrations.next(), true);
    registrations.add(service);
    return change;
  }

  private EndpointChange remove() {
    Registrations.Held oldest = registrations.oldest();
    EndpointChange change = swarm.expect(oldest.service(), oldest.address(), false);
    registrations.removeOldest();
    return change;
  }
}
