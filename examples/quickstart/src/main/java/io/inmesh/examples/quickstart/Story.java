package io.inmesh.examples.quickstart;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What the quickstart does to the mesh, in order: canary at 10 %, 50 %, 100 %, back to 50 %, a
 * killed instance, a killed and restarted control server. Confined to one thread, but for the load.
 */
final class Story {
  /** A share is judged over at least this many answers. */
  static final int MIN_REQUESTS = 10_000;

  /** Of so many, half of which go each way, the tolerance is more than five standard deviations. */
  private static final int ENOUGH_REQUESTS = 20_000;

  static final String KILL_PHASE = "instance killed";

  static final double TOLERANCE_POINTS = 2.0;

  /** Judged shares. */
  record Phase(String name, int expected, double actual, long requests, boolean ok) {
    /** Good if the share is close enough, over enough answers. */
    static Phase of(String name, int expected, double actual, long requests) {
      boolean ok = Math.abs(actual - expected) <= TOLERANCE_POINTS && requests >= MIN_REQUESTS;
      return new Phase(name, expected, actual, requests, ok);
    }
  }

  private final MeshProcesses mesh;
  private final RouteFile routes;
  private final WebView web;
  private final Load load;
  private final PrintStream out;
  private final double secondsPerPhase;
  private final List<Tally> tallies = new ArrayList<>();
  private final List<Phase> phases = new ArrayList<>();
  private final Map<String, Double> routeMillis = new LinkedHashMap<>();
  private double[] endpointMillis = {};
  private int share;
  private final List<String> unexplained = new ArrayList<>();
  private long failedOutsideKill;
  private long failedInKill;

  /**
   * A story not told yet.
   *
   * @param share the percentage that the route file gives v2 at first
   */
  Story(
      MeshProcesses mesh,
      RouteFile routes,
      WebView web,
      Load load,
      PrintStream out,
      double seconds,
      int share) {
    this.share = share;
    this.mesh = mesh;
    this.routes = routes;
    this.web = web;
    this.load = load;
    this.out = out;
    this.secondsPerPhase = seconds / 6;
  }

  void tell() throws IOException, InterruptedException {
    Tally warmUp = begin("warm-up");
    load.start();
    run(warmUp, 2, 500);

    judged("v2 at 10 %", 10);
    shift(50);
    judged("v2 at 50 %", 50);
    shift(100);
    judged("v2 at 100 %", 100);
    shift(50);
    endpointMillis = new Probe(mesh.operator(), web).measure(11);
    say("endpoint changes reached web in %.0f ms (median of %d)", median(), endpointMillis.length);

    Tally kill = begin(KILL_PHASE);
    run(kill, 1, 100);
    Child victim = mesh.service("orders-v1-1");
    victim.kill();
    say("SIGKILL to %s (pid %d)", victim.name(), victim.pid());
    run(kill, secondsPerPhase, MIN_REQUESTS / 10);

    Tally restart = begin("control server killed");
    long pid = mesh.controlServer().pid();
    mesh.controlServer().kill();
    say("SIGKILL to the control server (pid %d); calls go on", pid);
    run(restart, secondsPerPhase / 2, 100);
    mesh.restartControlServer();
    say("control server started again (pid %d)", mesh.controlServer().pid());
    awaitReturn();
    shift(30);
    judged("v2 at 30 %, after the restart", 30);
  }

  /** Rewrites the route file and waits until web has the new weights. */
  private void shift(int percent) throws IOException, InterruptedException {
    String change = "v2 from " + share + " to " + percent + " %";
    share = percent;
    begin(change);
    long start = System.nanoTime();
    routes.share(percent);
    while (web.shareOfV2() != percent) {
      if (System.nanoTime() - start > 60_000_000_000L) {
        throw new IOException(
            "the new weights did not reach web within 60 s; control server says:\n"
                + mesh.controlServer().lastLines());
      }
      Pause.millis(2);
    }
    double millis = (System.nanoTime() - start) / 1e6;
    routeMillis.put(change, millis);
    say("route file rewritten: %s; web follows after %.0f ms", change, millis);
  }

  /** Waits until web is connected to the control server that was started again. */
  private void awaitReturn() throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (!mesh.operator().hasClient("web")) {
      if (System.nanoTime() - start > 60_000_000_000L) {
        throw new IOException(
            "web did not find the control server again within 60 s; it says:\n"
                + mesh.controlServer().lastLines());
      }
      Pause.millis(20);
    }
    say("web has found it after %.1f s", (System.nanoTime() - start) / 1e9);
  }

  private void judged(String name, int expected) throws InterruptedException {
    Tally tally = begin(name);
    run(tally, secondsPerPhase, ENOUGH_REQUESTS);
    phases.add(Phase.of(name, expected, tally.share("v2"), tally.ok()));
  }

  private Tally begin(String phase) {
    Tally tally = load.begin(phase);
    tallies.add(tally);
    return tally;
  }

  /** Lets load flow, a line a second, for a time and at least a number of answers. */
  private void run(Tally tally, double seconds, long answers) throws InterruptedException {
    long begin = System.nanoTime();
    long last = tally.ok();
    while ((System.nanoTime() - begin) / 1e9 < seconds || tally.ok() < answers) {
      Pause.millis(1_000);
      long now = tally.ok();
      Histogram micros = tally.latency();
      out.printf(
          "%-32s %6d rps  %6.2f %% ok  p50 %5.1f ms  p99 %6.1f ms  v1 %5.1f %%  v2 %5.1f %%%n",
          tally.phase(),
          now - last,
          tally.ok() + tally.failed() == 0
              ? 100.0
              : 100.0 * tally.ok() / (tally.ok() + tally.failed()),
          micros.getValueAtPercentile(50) / 1_000.0,
          micros.getValueAtPercentile(99) / 1_000.0,
          tally.share("v1"),
          tally.share("v2"));
      if (now == last && (System.nanoTime() - begin) / 1e9 > seconds + 60) {
        throw new IllegalStateException(
            "no request was answered for a minute; last failure: "
                + tally.failures().stream().reduce((a, b) -> b).orElse("none"));
      }
      last = now;
    }
  }

  /** Only what was in flight on the killed instance may fail, and only while it was killed. */
  static boolean excused(String phase, String failure, String killedEndpoint) {
    return phase.equals(KILL_PHASE) && failure.contains(killedEndpoint);
  }

  /**
   * Judges the failures; call after the load ended. A failure is explained if its request was in
   * flight on the killed instance.
   */
  void judge(String killedEndpoint) {
    for (Tally tally : tallies) {
      for (String failure : tally.failures()) {
        if (excused(tally.phase(), failure, killedEndpoint)) {
          failedInKill++;
        } else {
          failedOutsideKill++;
          unexplained.add(tally.phase() + ": " + failure);
        }
      }
      failedOutsideKill += tally.failed() - tally.failures().size(); // of these no more is known
    }
  }

  List<String> unexplained() {
    return unexplained;
  }

  List<Phase> phases() {
    return phases;
  }

  List<Tally> tallies() {
    return tallies;
  }

  Map<String, Double> routeMillis() {
    return routeMillis;
  }

  double[] endpointMillis() {
    return endpointMillis;
  }

  double median() {
    return endpointMillis.length == 0 ? Double.NaN : endpointMillis[endpointMillis.length / 2];
  }

  long failedOutsideKill() {
    return failedOutsideKill;
  }

  long failedInKill() {
    return failedInKill;
  }

  boolean verdict() {
    return !phases.isEmpty() && phases.stream().allMatch(Phase::ok) && failedOutsideKill == 0;
  }

  private void say(String format, Object... arguments) {
    out.printf("--- " + format + "%n", arguments);
  }
}
