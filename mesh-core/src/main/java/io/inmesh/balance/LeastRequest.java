package io.inmesh.balance;

import io.inmesh.control.Randomness;
import org.jspecify.annotations.Nullable;

/**
 * Power of {@code choices} choices by active requests. Candidates are drawn in proportion to their
 * weights; among them the lowest {@code active^bias / weight} wins, the first drawn on a tie, so
 * that without load the shares are exactly the weights and under load hosts of equal weight are
 * kept equally busy. Immutable.
 *
 * @see <a href="https://www.eecs.harvard.edu/~michaelm/postscripts/handbook2001.pdf">The power of
 *     two random choices</a>
 */
final class LeastRequest implements EndpointPicker {
  private final HostSet hosts;
  private final WeightedDraw draw;
  private final int choices;
  private final double bias;
  private final boolean plain;

  LeastRequest(HostSet hosts, int choices, double bias) {
    this.hosts = hosts;
    this.draw = new WeightedDraw(hosts);
    this.choices = Math.max(2, choices);
    this.bias = Math.max(0, bias);
    this.plain = hosts.equalWeights();
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    Randomness random = request.random();
    int first = draw.next(random);
    Host best = hosts.get(first);
    boolean admitted = request.admits(best);
    int previous = first;
    for (int i = 1; i < choices; i++) {
      int index = another(random, previous);
      Host host = hosts.get(index);
      previous = index;
      if (request.admits(host) && (!admitted || lighter(host, best))) {
        best = host;
        admitted = true;
      }
    }
    return admitted ? best : hosts.firstAdmitted(request, first);
  }

  /** Two choices are never the same host when all weigh the same. */
  private int another(Randomness random, int previous) {
    if (!plain) {
      return draw.next(random);
    }
    int index = random.nextInt(hosts.size() - 1);
    return index < previous ? index : index + 1;
  }

  private boolean lighter(Host a, Host b) {
    int activeA = a.state().inFlight();
    int activeB = b.state().inFlight();
    if (plain) {
      return activeA < activeB;
    }
    return bias > 0 && load(activeA) * b.weight() < load(activeB) * a.weight();
  }

  private double load(int active) {
    return bias == 1.0 ? active : Math.pow(active, bias);
  }
}
