package io.inmesh.call.engine;

import io.inmesh.resilience.RetryCondition;
import io.inmesh.route.HashKey;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What applications bring for routes to name. A name that is not known has no effect, as an unknown
 * retry condition of Envoy's has none: it says less about what may happen, never more. Immutable.
 */
record Extensions(Map<String, RetryCondition> retryConditions, Map<String, HashKey> hashKeys) {
  private static final System.Logger LOG = System.getLogger("io.inmesh.extensions");

  static final Extensions NONE = new Extensions(Map.of(), Map.of());

  private static final RetryCondition[] NO_CONDITIONS = {};

  Extensions {
    retryConditions = Map.copyOf(retryConditions);
    hashKeys = Map.copyOf(hashKeys);
  }

  RetryCondition[] conditions(List<String> names) {
    return names.isEmpty()
        ? NO_CONDITIONS
        : names.stream()
            .map(name -> known("retry condition", name, retryConditions))
            .filter(Objects::nonNull)
            .map(Extensions::guarded)
            .toArray(RetryCondition[]::new);
  }

  HashKey hashKey(String name) {
    HashKey key = known("hash key", name, hashKeys);
    return key == null ? request -> null : guarded(key);
  }

  private static <T> @org.jspecify.annotations.Nullable T known(
      String what, String name, Map<String, T> all) {
    T found = all.get(name);
    if (found == null) {
      LOG.log(
          Level.WARNING,
          "a route names the {0} ''{1}'', which this application did not bring; known are {2}; it"
              + " has no effect",
          what,
          name,
          all.keySet());
    }
    return found;
  }

  private static RetryCondition guarded(RetryCondition condition) {
    return (request, response) -> {
      try {
        return condition.retries(request, response);
      } catch (RuntimeException e) {
        LOG.log(Level.DEBUG, "a retry condition failed", e);
        return false;
      }
    };
  }

  private static HashKey guarded(HashKey key) {
    return request -> {
      try {
        return key.of(request);
      } catch (RuntimeException e) {
        LOG.log(Level.DEBUG, "a hash key failed", e);
        return null;
      }
    };
  }
}
