package io.inmesh.xds;

import io.inmesh.model.CalledHost;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * The hosts that calls to dynamic clusters name: the newest, as long as they are in use. Names come
 * from requests, so their number is bounded. Confined to the control loop.
 */
final class CalledHosts {
  /** As many as Envoy keeps for one cluster. */
  static final int MAX = 1024;

  /** Envoy's {@code host_ttl}. */
  static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** When each was said to be in use, the longest ago first. */
  private final Map<CalledHost, Long> usedAt = new LinkedHashMap<>();

  /**
   * A host is called.
   *
   * @return whether it was not known
   */
  boolean use(CalledHost host, long now) {
    boolean known = usedAt.remove(host) != null;
    usedAt.put(host, now);
    if (usedAt.size() > MAX) {
      usedAt.remove(usedAt.keySet().iterator().next());
    }
    return !known;
  }

  /**
   * Forgets what was not called for a while.
   *
   * @return whether there was anything to forget
   */
  boolean forget(long now) {
    return usedAt.values().removeIf(at -> now - at >= UNUSED_NANOS);
  }

  Set<CalledHost> all() {
    return usedAt.keySet();
  }

  void clear() {
    usedAt.clear();
  }
}
