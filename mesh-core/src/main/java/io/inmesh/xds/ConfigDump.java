package io.inmesh.xds;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The state of every subscription, for people and support bundles.
 *
 * @param generation of the snapshot in force
 * @param entries by type, then by name
 */
public record ConfigDump(long generation, List<Entry> entries) {
  /** What is known of a resource. */
  public enum State {
    /** Asked for, no answer yet. */
    REQUESTED,
    /** Its newest version is in use. */
    ACKED,
    /** In use since before the start; the control server has not said anything of it since. */
    STALE,
    /** Its newest version was refused; an older one is in use if {@link Entry#version} says so. */
    NACKED,
    /** It does not exist. */
    ABSENT
  }

  /**
   * One subscription.
   *
   * @param type {@code LDS}, {@code RDS}, {@code CDS} or {@code EDS}
   * @param name of the resource
   * @param state what is known
   * @param version in use, empty if there is none
   * @param error why the newest version was refused or cannot be had, empty if nothing is wrong
   * @param remarks what in it has no effect
   */
  public record Entry(
      String type, String name, State state, String version, String error, List<Remark> remarks) {
    public Entry {
      remarks = List.copyOf(remarks);
    }
  }

  public ConfigDump {
    entries = List.copyOf(entries);
  }

  static ConfigDump of(
      long generation,
      List<Subscriptions<?>> subscriptions,
      List<ConfigTransport.TransportStatus> statuses) {
    Map<String, ConfigTransport.TransportStatus> known = new HashMap<>();
    for (ConfigTransport.TransportStatus status : statuses) {
      known.put(status.label() + ' ' + status.name(), status);
    }
    List<Entry> entries = new ArrayList<>();
    for (Subscriptions<?> kind : subscriptions) {
      List<Entry> ofKind = new ArrayList<>();
      for (Subscription<?> subscription : kind.all()) {
        ofKind.add(entry(subscription, known));
      }
      ofKind.sort(Comparator.comparing(Entry::name));
      entries.addAll(ofKind);
    }
    return new ConfigDump(generation, entries);
  }

  private static Entry entry(
      Subscription<?> subscription, Map<String, ConfigTransport.TransportStatus> known) {
    String type = subscription.kind.label();
    ConfigTransport.TransportStatus status = known.get(type + ' ' + subscription.name);
    State state =
        subscription.rejection != null
            ? State.NACKED
            : switch (subscription.state) {
              case PENDING -> State.REQUESTED;
              case PRESENT ->
                  status != null && status.state().equals(AdsSubscription.State.KEPT.name())
                      ? State.STALE
                      : State.ACKED;
              case ABSENT -> State.ABSENT;
              case REFUSED -> State.NACKED;
            };
    String error = "";
    if (subscription.rejection != null) {
      error = String.valueOf(subscription.rejection.getMessage());
    } else if (subscription.unreachable != null) {
      error = subscription.unreachable;
    }
    return new Entry(
        type,
        subscription.name,
        state,
        status == null ? "" : status.version(),
        error,
        subscription.value == null ? List.of() : subscription.value.remarks());
  }
}
