package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption.HeaderAppendAction;
import io.envoyproxy.envoy.config.route.v3.Route;
import io.envoyproxy.envoy.config.route.v3.WeightedCluster;
import io.inmesh.server.config.RouteFilter.Header;
import io.inmesh.server.config.RouteFilter.HeaderChanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Header changes. Values are formats in Envoy; where they mean themselves, {@code %} is doubled.
 */
final class HeaderResources {
  private HeaderResources() {}

  static void apply(HeaderEdits edits, Route.Builder route) {
    route
        .addAllRequestHeadersToAdd(additions(edits.request(), edits.formats()))
        .addAllRequestHeadersToRemove(removals(edits.request()))
        .addAllResponseHeadersToAdd(additions(edits.response(), edits.formats()))
        .addAllResponseHeadersToRemove(removals(edits.response()));
  }

  static void apply(HeaderEdits edits, WeightedCluster.ClusterWeight.Builder cluster) {
    cluster
        .addAllRequestHeadersToAdd(additions(edits.request(), edits.formats()))
        .addAllRequestHeadersToRemove(removals(edits.request()))
        .addAllResponseHeadersToAdd(additions(edits.response(), edits.formats()))
        .addAllResponseHeadersToRemove(removals(edits.response()));
  }

  private static List<HeaderValueOption> additions(
      @Nullable HeaderChanges changes, boolean formats) {
    if (changes == null) {
      return List.of();
    }
    List<HeaderValueOption> options = new ArrayList<>();
    for (Header header : changes.set()) {
      options.add(option(header, formats, HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD));
    }
    for (Header header : changes.add()) {
      options.add(option(header, formats, HeaderAppendAction.APPEND_IF_EXISTS_OR_ADD));
    }
    return options;
  }

  private static HeaderValueOption option(
      Header header, boolean formats, HeaderAppendAction action) {
    return HeaderValueOption.newBuilder()
        .setHeader(
            HeaderValue.newBuilder()
                .setKey(lower(header.name()))
                .setValue(formats ? header.value() : header.value().replace("%", "%%")))
        .setAppendAction(action)
        .build();
  }

  private static List<String> removals(@Nullable HeaderChanges changes) {
    return changes == null
        ? List.of()
        : changes.remove().stream().map(HeaderResources::lower).toList();
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }
}
