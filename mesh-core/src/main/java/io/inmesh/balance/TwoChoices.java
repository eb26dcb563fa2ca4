package io.inmesh.balance;

import io.inmesh.control.Randomness;
import org.jspecify.annotations.Nullable;

/**
 * The power of {@code choices} random choices. Candidates are drawn in proportion to their weights;
 * the lightest wins, the first drawn on a tie, so that without load the shares are exactly the
 * weights and under load hosts of equal weight are kept equally busy. Immutable.
 *
 * @see <a href="https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf">The power of
 *     two random choices</a>
 */
abstract class TwoChoices implements EndpointPicker {
  private final HostSet hosts;
  private final WarmUp warmUp;
  private final WeightedDraw draw;
  private final int choices;

  TwoChoices(HostSet hosts, WarmUp warmUp, int choices) {
    this.hosts = hosts;
    this.warmUp = warmUp;
    this.draw = new WeightedDraw(hosts);
    this.choices = Math.max(2, choices);
  }

  /** How busy a host is, before its weight is taken into account. */
  abstract double load(Host host);

  @Override
  public @Nullable Host pick(PickRequest request) {
    int first = warm(request, -1);
    int best = first;
    Host host = hosts.get(first);
    boolean admitted = request.admits(host);
    double load = Double.NaN;
    int previous = first;
    for (int i = 1; i < choices; i++) {
      previous = warm(request, previous);
      Host other = hosts.get(previous);
      if (previous == best || !request.admits(other)) {
        continue;
      }
      double otherLoad = load(other);
      if (admitted && Double.isNaN(load)) {
        load = load(host);
      }
      if (!admitted || otherLoad * hosts.weight(best) < load * hosts.weight(previous)) {
        best = previous;
        host = other;
        load = otherLoad;
        admitted = true;
      }
    }
    return admitted ? host : hosts.firstAdmitted(request, first);
  }

  /** Draws until a host is warm enough. */
  private int warm(PickRequest request, int previous) {
    int index = another(request.random(), previous);
    for (int tries = 1;
        tries < WarmUp.MAX_TRIES && !warmUp.accepts(hosts.get(index), request);
        tries++) {
      index = another(request.random(), previous);
    }
    return index;
  }

  /** Two choices in a row are never the same host when all weigh the same. */
  private int another(Randomness random, int previous) {
    if (previous < 0 || !hosts.equalWeights()) {
      return draw.next(random);
    }
    int index = random.nextInt(hosts.size() - 1);
    return index < previous ? index : index + 1;
  }
}
