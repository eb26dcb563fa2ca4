package io.inmesh.server.compile;

import java.util.Comparator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Callers to whom the same rules apply.
 *
 * @param namespace of the callers; empty: all that have no rules of their own
 * @param workload only this one; null: all of the namespace
 */
record Clients(String namespace, @Nullable Workload workload) implements Comparable<Clients> {
  private static final Comparator<Clients> ORDER =
      Comparator.comparing(Clients::namespace)
          .thenComparing(Clients::workload, Comparator.nullsFirst(Comparator.naturalOrder()));

  /** All that have no rules of their own. */
  static final Clients OTHERS = new Clients("", null);

  static Clients of(String namespace) {
    return new Clients(namespace, null);
  }

  static Clients of(Workload workload) {
    return new Clients(workload.namespace(), workload);
  }

  /** Whether they are all known to carry these labels. */
  boolean carry(Map<String, String> labels) {
    return labels.isEmpty() || (workload != null && workload.carries(labels));
  }

  /** Whose rules hold for them if they have none of their own; null: nobody's. */
  @Nullable Clients wider() {
    if (workload != null) {
      return of(namespace);
    }
    return namespace.isEmpty() ? null : OTHERS;
  }

  /** Whether these are all of the others, or more than they. */
  boolean include(Clients others) {
    Clients one = others;
    while (one != null && !one.equals(this)) {
      one = one.wider();
    }
    return one != null;
  }

  /** What is meant for them, of what is meant for some. */
  View in(View some) {
    return workload == null ? some.in(namespace) : some.of(workload);
  }

  /** What holds for them among what holds for some; null: nothing does. */
  <T> @Nullable T find(Map<Clients, T> some) {
    T found = null;
    for (Clients one = this; one != null && found == null; one = one.wider()) {
      found = some.get(one);
    }
    return found;
  }

  /** Those who are more alike first; the wider before the narrower. */
  @Override
  public int compareTo(Clients other) {
    return ORDER.compare(this, other);
  }
}
