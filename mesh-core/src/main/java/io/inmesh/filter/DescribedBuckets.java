package io.inmesh.filter;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.inmesh.control.Clock;
import io.inmesh.model.LocalRateLimit;
import io.inmesh.model.LocalRateLimit.Action;
import io.inmesh.resilience.RateBucket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The buckets for requests that are described in some way. A description has a bucket if a
 * descriptor has the same entries in the same order; entries without value stand for all values,
 * each with a bucket of its own. Thread-safe.
 */
final class DescribedBuckets {
  /** A descriptor that leaves values open, with the buckets of those that were seen. */
  private record Open(LocalRateLimit.Descriptor descriptor, Cache<List<String>, RateBucket> seen) {
    boolean covers(List<Map.Entry<String, String>> description) {
      List<Map.Entry<String, String>> entries = descriptor.entries();
      if (entries.size() != description.size()) {
        return false;
      }
      for (int i = 0; i < entries.size(); i++) {
        Map.Entry<String, String> mine = entries.get(i);
        Map.Entry<String, String> theirs = description.get(i);
        if (!mine.getKey().equals(theirs.getKey())
            || !(mine.getValue().isEmpty() || mine.getValue().equals(theirs.getValue()))) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Values are kept as they are up to so many characters: who sends longer ones fills no memory.
   */
  static final int LONGEST_KEPT = 128;

  private final Clock clock;
  private final List<List<DescriptionPart>> rules = new ArrayList<>();
  private final Map<List<Map.Entry<String, String>>, RateBucket> fixed = new HashMap<>();
  private final List<Open> open = new ArrayList<>();

  DescribedBuckets(LocalRateLimit settings, Clock clock) {
    this.clock = clock;
    for (List<Action> rule : settings.rules()) {
      rules.add(rule.stream().map(DescriptionPart::of).toList());
    }
    for (LocalRateLimit.Descriptor descriptor : settings.descriptors()) {
      if (descriptor.entries().stream().anyMatch(entry -> entry.getValue().isEmpty())) {
        open.add(
            new Open(
                descriptor,
                Caffeine.newBuilder()
                    .maximumSize(settings.maxDynamic())
                    .executor(Runnable::run)
                    .build()));
      } else {
        fixed.put(descriptor.entries(), new RateBucket(descriptor.bucket(), clock.nanoTime()));
      }
    }
  }

  /** The buckets of a request, the smallest first; empty: no descriptor is about it. */
  List<RateBucket> of(FilterCall call) {
    if (rules.isEmpty()) {
      return List.of();
    }
    List<RateBucket> found = new ArrayList<>(rules.size());
    for (int i = 0; i < rules.size(); i++) {
      List<Map.Entry<String, String>> description = describe(rules.get(i), call);
      if (!description.isEmpty()) {
        find(description, found);
      }
    }
    if (found.size() > 1) {
      found.sort(Comparator.comparingInt(RateBucket::limit));
    }
    return found;
  }

  /** Empty if a part has nothing to say. */
  private static List<Map.Entry<String, String>> describe(
      List<DescriptionPart> rule, FilterCall call) {
    List<Map.Entry<String, String>> description = new ArrayList<>(rule.size());
    for (int i = 0; i < rule.size(); i++) {
      DescriptionPart part = rule.get(i);
      String value = part.value(call);
      if (value != null && !value.isEmpty()) {
        description.add(Map.entry(part.key(), value));
      } else if (!part.optional()) {
        return List.of();
      }
    }
    return description;
  }

  private void find(List<Map.Entry<String, String>> description, List<RateBucket> found) {
    RateBucket exact = fixed.get(description);
    if (exact != null) {
      found.add(exact);
      return;
    }
    for (int i = 0; i < open.size(); i++) {
      Open one = open.get(i);
      if (one.covers(description)) {
        List<String> values = description.stream().map(entry -> kept(entry.getValue())).toList();
        found.add(
            one.seen()
                .get(values, key -> new RateBucket(one.descriptor().bucket(), clock.nanoTime())));
        return;
      }
    }
  }

  /** What a bucket is found by: the value, or if it is long its digest. */
  static String kept(String value) {
    if (value.length() <= LONGEST_KEPT) {
      return value;
    }
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }
}
