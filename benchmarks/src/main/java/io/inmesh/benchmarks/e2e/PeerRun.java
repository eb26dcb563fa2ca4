package io.inmesh.benchmarks.e2e;

import io.inmesh.benchmarks.load.ClientProcess;
import io.inmesh.benchmarks.load.Sample;
import java.io.BufferedReader;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/** The processes of one peer while they run. Confined to one thread. */
final class PeerRun implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  /** The role of a control server, which is on no request's path. */
  static final String CONTROL = "control";

  /** Seconds of each kind of load in a round of warming up. */
  private static final double ROUND = 0.5;

  /** Rounds until the first request must be answered. */
  private static final int FIRST_ANSWER = 30;

  /** Seconds between looks at compilers. */
  private static final double PAUSE = 0.2;

  /** Of a core, for all compilers together: below this, nothing is compiled that matters. */
  private static final double QUIET = 0.1;

  /**
   * What was measured.
   *
   * @param cpuSeconds by role, and of {@code compilers}, in the measured time
   * @param rssMegabytes by role, at its end
   */
  record Usage(Sample sample, Map<String, Double> cpuSeconds, Map<String, Double> rssMegabytes) {}

  /** A process, what it does on the path, and what it prints. */
  private record Member(String role, Process process, BufferedReader out) {}

  private final List<Member> members = new ArrayList<>();
  private final List<Member> starting = new ArrayList<>();
  private final List<Closeable> others = new ArrayList<>();
  private BufferedReader answers = new BufferedReader(BufferedReader.nullReader());
  private Writer commands = Writer.nullWriter();

  /**
   * Adds a process.
   *
   * @param saysReady whether it prints {@code ready}, for {@link #ready}
   */
  PeerRun add(String role, Process process, boolean saysReady) {
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    Member member = new Member(role, process, out);
    members.add(member);
    if (saysReady) {
      starting.add(member);
    }
    if (role.equals("client")) {
      answers = out;
      commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    }
    return this;
  }

  /** Closes something of this process at the end, too. */
  void closing(Closeable other) {
    others.add(other);
  }

  /** Waits until all processes added so far are ready. */
  PeerRun ready() throws IOException {
    for (Member member : starting) {
      if (!"ready".equals(member.out().readLine())) {
        close();
        throw new IOException("the " + member.role() + " process did not start; its log says why");
      }
    }
    for (Member member : starting) {
      if (member.role().equals("client")) {
        Environment.unpin(member.process(), ClientProcess.GENERATOR);
      }
    }
    starting.clear();
    return this;
  }

  /**
   * Sends load of both kinds until nothing is compiled any more. A JVM's compilers share the core
   * with its requests, and C1's code is not what runs in production; so after each second of load
   * they are given the time they need.
   *
   * @param most seconds; then it is as warm as it is, and the report says what compiled meanwhile
   * @return how long it took, for people
   */
  String warmUp(double most) throws IOException {
    reach();
    long end = System.nanoTime() + (long) (most * 1e9);
    double before;
    double share;
    do {
      before = compilers();
      Sample closed = run(Cell.SATURATION.command(0), ROUND);
      double perSecond = (closed.sent() - closed.failed()) / closed.seconds();
      run(Cell.HALF.command(perSecond), ROUND);
      share = (compilers() - before) / (2 * ROUND);
      compiled(end);
    } while (share > QUIET && System.nanoTime() < end);
    double took = most - (end - System.nanoTime()) / 1e9;
    return String.format(Locale.ROOT, "warm after %.1f s, compilers %.0f %%", took, 100 * share);
  }

  /** A cold process answers its first request after seconds, on a core that others use, too. */
  private void reach() throws IOException {
    for (int round = 0; round < FIRST_ANSWER; round++) {
      Sample sample = run(Cell.SATURATION.command(0), ROUND);
      if (sample.sent() > sample.failed()) {
        return;
      }
    }
    throw new IOException("none of its requests is answered; its log says why");
  }

  /** Waits until compilers have nothing to do. */
  private void compiled(long end) {
    double before = compilers();
    double used;
    do {
      pause();
      double now = compilers();
      used = (now - before) / PAUSE;
      before = now;
    } while (used > QUIET && System.nanoTime() < end);
  }

  private static void pause() {
    try {
      Thread.sleep((long) (PAUSE * 1000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private double compilers() {
    double nanos = 0;
    for (var member : cpu().entrySet()) {
      if (!member.getKey().role().equals(CONTROL)) {
        nanos += member.getValue().compilers().values().stream().mapToLong(of -> of).sum();
      }
    }
    return nanos / 1e9;
  }

  /** Sends load, and says what it cost. */
  Usage measure(String load, double seconds) throws IOException {
    Map<Member, ProcFs.Cpu> before = cpu();
    Sample sample = run(load, seconds);
    Map<String, Double> used = new LinkedHashMap<>();
    cpu()
        .forEach(
            (member, now) -> {
              ProcFs.Used cpu = now.since(before.getOrDefault(member, now));
              used.merge(member.role(), cpu.threads(), Double::sum);
              if (!member.role().equals(CONTROL)) {
                used.merge("compilers", cpu.compilers(), Double::sum);
              }
            });
    return new Usage(sample, used, rss());
  }

  /** Sends load; nobody looks at the result. */
  Sample run(String load, double seconds) throws IOException {
    commands.write(load + " " + seconds + "\n");
    commands.flush();
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the client process ended; its log says why");
    }
    return JSON.readValue(line, Sample.class);
  }

  private Map<Member, ProcFs.Cpu> cpu() {
    Map<Member, ProcFs.Cpu> used = new LinkedHashMap<>();
    for (Member member : members) {
      used.put(member, ProcFs.cpu(member.process().pid()));
    }
    return used;
  }

  private Map<String, Double> rss() {
    Map<String, Double> byRole = new LinkedHashMap<>();
    for (Member member : members) {
      byRole.merge(member.role(), ProcFs.rssMegabytes(member.process().pid()), Double::sum);
    }
    return byRole;
  }

  @Override
  public void close() {
    for (Closeable other : others) {
      try {
        other.close();
      } catch (IOException e) {
        System.out.println("  not closed: " + e.getMessage());
      }
    }
    for (int i = members.size() - 1; i >= 0; i--) {
      members.get(i).process().destroy();
    }
    for (Member member : members) {
      try {
        if (!member.process().waitFor(3, TimeUnit.SECONDS)) {
          member.process().destroyForcibly();
        }
      } catch (InterruptedException e) {
        member.process().destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
