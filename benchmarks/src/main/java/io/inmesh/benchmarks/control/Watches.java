package io.inmesh.benchmarks.control;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Which services each client watches: service 0 and others by chance, the same in every process.
 *
 * @param byClient numbers of services, from 0
 */
record Watches(List<List<Integer>> byClient) {
  static Watches of(int clients, int services, int watched) {
    Random random = new Random(1);
    List<List<Integer>> all = new ArrayList<>(clients);
    for (int i = 0; i < clients; i++) {
      List<Integer> mine = new ArrayList<>(List.of(0));
      while (mine.size() < Math.min(watched, services)) {
        int service = random.nextInt(services);
        if (!mine.contains(service)) {
          mine.add(service);
        }
      }
      all.add(mine);
    }
    return new Watches(all);
  }

  /** The clients that watch a service. */
  List<Integer> of(int service) {
    List<Integer> clients = new ArrayList<>();
    for (int i = 0; i < byClient.size(); i++) {
      if (byClient.get(i).contains(service)) {
        clients.add(i);
      }
    }
    return clients;
  }

  int clients() {
    return byClient.size();
  }
}
