package io.inmesh.benchmarks.e2e;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The processes of all peers of a group, in one fork. Confined to one thread. */
final class GroupRun implements AutoCloseable {
  private final Group group;
  private final int fork;
  private final Map<String, PeerRun> running = new LinkedHashMap<>();
  private final Random order;
  private int failures;

  GroupRun(Group group, int fork) {
    this.group = group;
    this.fork = fork;
    this.order = new Random(fork);
  }

  /**
   * Starts peers one after the other, in an order that differs by fork, until each is warm; and
   * once more when all are there, since code that was quick while nothing else ran is compiled
   * again.
   */
  void start(Environment environment, double warmUp) {
    List<Peer> peers = new ArrayList<>(group.peers());
    Collections.shuffle(peers, order);
    for (Peer peer : peers) {
      try {
        PeerRun run = peer.start(environment);
        running.put(peer.name(), run);
        run.ready();
      } catch (IOException | RuntimeException e) {
        failed(peer.name(), e);
        continue;
      }
      warmUp(peer, warmUp);
    }
    peers.forEach(peer -> warmUp(peer, warmUp / 2));
  }

  private void warmUp(Peer peer, double most) {
    PeerRun run = running.get(peer.name());
    if (run == null) {
      return;
    }
    try {
      System.out.println("  " + peer.name() + ": " + run.warmUp(most));
    } catch (IOException | RuntimeException e) {
      failed(peer.name(), e);
    }
  }

  /**
   * Measures one kind of load: in each round every peer once, in a new order.
   *
   * @param saturation what each peer can do in requests a second, by name; those that are not named
   *     are told 0
   * @param settle seconds of load before it is measured
   * @param seconds measured
   */
  List<Result> measure(
      Cell cell, Map<String, Double> saturation, int rounds, double settle, double seconds) {
    List<Result> found = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      List<Map.Entry<String, PeerRun>> peers = new ArrayList<>(running.entrySet());
      Collections.shuffle(peers, order);
      for (var entry : peers) {
        String peer = entry.getKey();
        PeerRun run = entry.getValue();
        String load = cell.command(saturation.getOrDefault(peer, 0.0));
        try {
          run.run(load, settle);
          PeerRun.Usage used = run.measure(load, seconds);
          found.add(
              new Result(
                  group.name(),
                  peer,
                  fork,
                  cell.name(),
                  round,
                  used.sample(),
                  used.cpuSeconds(),
                  used.rssMegabytes()));
        } catch (IOException | RuntimeException e) {
          failed(peer, e);
        }
      }
    }
    return found;
  }

  private void failed(String peer, Exception why) {
    failures++;
    System.out.println("  " + peer + " could not be measured: " + why.getMessage());
    PeerRun run = running.remove(peer);
    if (run != null) {
      run.close();
    }
  }

  /** Peers that did not start, or ended. */
  int failures() {
    return failures;
  }

  @Override
  public void close() {
    running.values().forEach(PeerRun::close);
  }
}
