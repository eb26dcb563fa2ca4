package io.inmesh.benchmarks.chaos;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What was executed, against what was answered.
 *
 * @param executed different keys
 * @param twice keys that were executed more than once: there must be none
 * @param never keys that were answered although they were not executed: there must be none
 */
record Verdict(int executed, List<String> twice, List<String> never) {
  /** Judges. */
  static Verdict of(List<String> executions, Set<String> answered) {
    Map<String, Integer> times = new HashMap<>();
    executions.forEach(key -> times.merge(key, 1, Integer::sum));
    return new Verdict(
        times.size(),
        times.entrySet().stream()
            .filter(entry -> entry.getValue() > 1)
            .map(Map.Entry::getKey)
            .sorted()
            .toList(),
        answered.stream().filter(key -> !times.containsKey(key)).sorted().toList());
  }

  /** Whether all is as it must be. */
  boolean holds() {
    return twice.isEmpty() && never.isEmpty();
  }
}
