package io.inmesh.benchmarks.e2e;

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
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/** The processes of one peer while they run. Confined to one thread. */
final class PeerRun implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

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
    starting.clear();
    return this;
  }

  /** Sends load. */
  Result measure(String peer, int fork, Cell cell, double saturation, double seconds)
      throws IOException {
    Map<String, Double> before = cpu();
    Sample sample = run(cell.command(saturation), seconds);
    Map<String, Double> used = new LinkedHashMap<>();
    cpu().forEach((role, now) -> used.put(role, now - before.getOrDefault(role, 0.0)));
    return new Result(peer, fork, cell.name(), sample, used, rss());
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

  private Map<String, Double> cpu() {
    Map<String, Double> byRole = new LinkedHashMap<>();
    for (Member member : members) {
      long pid = member.process().pid();
      double compilers = ProcFs.compilerSeconds(pid);
      byRole.merge(member.role(), ProcFs.cpuSeconds(pid) - compilers, Double::sum);
      byRole.merge("compilers", compilers, Double::sum);
    }
    return byRole;
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
