package io.inmesh.balance;

import io.inmesh.control.Randomness;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Always the first host that is admitted, in the order given or, so that clients do not all choose
 * the same one, in one shuffled by weight (gRFC A62, A113). Immutable.
 */
final class PickFirst implements EndpointPicker {
  private final HostSet hosts;

  PickFirst(HostSet hosts, boolean shuffle, Randomness random) {
    this.hosts = shuffle ? shuffled(hosts, random) : hosts;
  }

  /** In ascending order of exponential variates whose rates are the weights. */
  private static HostSet shuffled(HostSet hosts, Randomness random) {
    record Ticket(double key, int index) {}
    List<Ticket> tickets = new ArrayList<>(hosts.size());
    for (int i = 0; i < hosts.size(); i++) {
      double key = -Math.log1p(-random.nextDouble()) / hosts.weight(i);
      tickets.add(new Ticket(key, i));
    }
    tickets.sort((a, b) -> Double.compare(a.key(), b.key()));
    return hosts.select(tickets.stream().mapToInt(Ticket::index).toArray());
  }

  @Override
  public @Nullable Host pick(PickRequest request) {
    return hosts.firstAdmitted(request, 0);
  }
}
