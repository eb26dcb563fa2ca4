package io.inmesh.server.compile;

import io.inmesh.server.config.CorsRules;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What happens to the requests of a rule besides being sent on.
 *
 * @param answer given instead; null: none
 * @param host the new authority; null: stays
 * @param path null: stays
 * @param mirrors copies
 * @param cors what servers tell browsers; null: nothing
 */
record Handling(
    @Nullable LocalAnswer answer,
    @Nullable String host,
    @Nullable PathChange path,
    List<MirrorTarget> mirrors,
    @Nullable CorsRules cors) {
  /** Nothing. */
  static final Handling NONE = copied(List.of());

  /** Only copies. */
  static Handling copied(List<MirrorTarget> mirrors) {
    return new Handling(null, null, null, mirrors, null);
  }

  /**
   * Where copies go.
   *
   * @param cluster its name
   * @param millionths of the requests
   */
  record MirrorTarget(String cluster, int millionths) {
    private static final int MILLION = 1_000_000;

    static MirrorTarget percent(String cluster, double percent) {
      return new MirrorTarget(cluster, (int) Math.round(percent * MILLION / 100));
    }

    static MirrorTarget share(String cluster, int numerator, int denominator) {
      return new MirrorTarget(cluster, (int) ((long) numerator * MILLION / denominator));
    }
  }
}
