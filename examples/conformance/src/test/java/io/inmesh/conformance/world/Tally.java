package io.inmesh.conformance.world;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Many answers.
 *
 * @param answers in the order of the calls
 */
public record Tally(List<Answer> answers) {
  /** Those that are not 200 or OK. */
  public List<Answer> failures() {
    return answers.stream().filter(answer -> !answer.ok()).toList();
  }

  /** How many came from each version; an empty name: from none. */
  public Map<String, Long> byVersion() {
    return count(Answer::version);
  }

  /** How many came from each instance; an empty name: from none. */
  public Map<String, Long> byHost() {
    return count(Answer::host);
  }

  /** The share of a version, 0 to 1. */
  public double share(String version) {
    return (double) byVersion().getOrDefault(version, 0L) / answers.size();
  }

  private Map<String, Long> count(Function<Answer, String> by) {
    return answers.stream().collect(Collectors.groupingBy(by, TreeMap::new, Collectors.counting()));
  }
}
