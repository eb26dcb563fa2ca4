package io.inmesh.benchmarks.profile;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Stacks that were sampled, and the share that each subject (a thread, an allocated class), method
 * and package has in them. Confined to one thread.
 */
final class Samples {
  private final Map<String, Long> subjects = new HashMap<>();
  private final Map<String, Long> methods = new HashMap<>();
  private final Map<String, Long> ours = new HashMap<>();
  private final Map<String, Long> packages = new HashMap<>();
  private final Map<String, Long> beneath = new HashMap<>();
  private long weight;
  private int count;

  /**
   * Adds a sample.
   *
   * @param subject what was sampled
   * @param stack the method that ran first; may be empty
   * @param weight what it counts
   */
  void add(String subject, List<Frame> stack, long weight) {
    count++;
    this.weight += weight;
    subjects.merge(subject, weight, Long::sum);
    if (!stack.isEmpty()) {
      methods.merge(stack.get(0).toString(), weight, Long::sum);
      packages.merge(stack.get(0).group(), weight, Long::sum);
    }
    stack.stream()
        .filter(Frame::ours)
        .findFirst()
        .ifPresent(frame -> ours.merge(frame.toString(), weight, Long::sum));
    Set<String> groups = stack.stream().map(Frame::group).collect(Collectors.toSet());
    groups.forEach(group -> beneath.merge(group, weight, Long::sum));
  }

  int count() {
    return count;
  }

  long weight() {
    return weight;
  }

  /** The largest of them, with their part of all. */
  List<Share> subjects(int most) {
    return largest(subjects, most);
  }

  /** The methods that ran, not those that called them. */
  List<Share> methods(int most) {
    return largest(methods, most);
  }

  /** The methods of this project that ran, or called what ran. */
  List<Share> ours(int most) {
    return largest(ours, most);
  }

  /** The packages whose methods ran. */
  List<Share> packages(int most) {
    return largest(packages, most);
  }

  /** The packages that had a method anywhere on the stack: with what they call. */
  List<Share> beneath(int most) {
    return largest(beneath, most);
  }

  private List<Share> largest(Map<String, Long> weights, int most) {
    return weights.entrySet().stream()
        .map(entry -> new Share(entry.getKey(), 100.0 * entry.getValue() / weight))
        .sorted(Comparator.comparingDouble(Share::percent).reversed().thenComparing(Share::name))
        .limit(most)
        .toList();
  }

  /** A part of all samples. */
  record Share(String name, double percent) {}
}
