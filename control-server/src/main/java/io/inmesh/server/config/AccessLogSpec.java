package io.inmesh.server.config;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What processes write of calls that end.
 *
 * @param clients whether callers do
 * @param servers whether those that are called do
 * @param text a line, with Envoy's command operators; not used where there are fields
 * @param fields the members of a JSON object by name; empty: lines are text
 * @param failed whether only calls that failed
 * @param slowerThan only calls that took so long, beside those that failed if these are chosen;
 *     null: not chosen by that
 * @param percent of them, by chance
 */
public record AccessLogSpec(
    boolean clients,
    boolean servers,
    String text,
    Map<String, String> fields,
    boolean failed,
    @Nullable Duration slowerThan,
    int percent) {
  /** Copies the fields. */
  public AccessLogSpec {
    fields = Map.copyOf(fields);
  }
}
